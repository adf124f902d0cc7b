/**
 * What the rows of a report recorded, as labels and values. What our own rows record has words; what hardware put
 * into the proof keeps the standards' own names, under which it can be looked up.
 * @module
 */
import type { HardwareType } from '../../../protocol/hardware-diff.ts';
import type { JsonValue } from '../../../protocol/json.ts';
import type { Row } from '../../../protocol/report.ts';
import { formatMoment, groupHex } from '../i18n/format.ts';
import { find, formatCount, t } from '../i18n/messages.ts';
import { describePreset, hardwareName } from '../options/hardware-words.ts';
import type { Pair } from './hardware.ts';

const hex = /^(?:0x)?[0-9a-f]{16,}$/i;
const instant = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const hardware = /^(?:sev-snp|sev-snp-simulated|tdx|nitro)$/;

/** A place in a list is a number, from one on; any other part is the name of a field. */
type Path = readonly (string | number)[];

function labelOf(path: Path): { readonly label: string; readonly standard: boolean } {
  if (find(`label_${path[0]}`) === null) return { label: path.join('.'), standard: true };
  const words = path.map((part) =>
    typeof part === 'number' ? formatCount(part) : (find(`label_${part}`) ?? part),
  );
  return { label: words.join(' · '), standard: false };
}

function textOf(path: Path, value: string | number | boolean): { text: string; mono: boolean } {
  const plain = (text: string) => ({ text, mono: false });
  if (typeof value === 'boolean') return plain(value ? t('yes') : t('no'));
  if (typeof value === 'number') return plain(formatCount(value));
  const [key] = path;
  if (key === 'type' && hardware.test(value)) return plain(hardwareName(value as HardwareType));
  if (key === 'demandedPreset') return plain(describePreset(value).name);
  if (instant.test(value)) return plain(formatMoment(Date.parse(value)));
  return hex.test(value) ? { text: groupHex(value), mono: true } : plain(value);
}

function pairs(path: Path, value: JsonValue): Pair[] {
  if (value === null) return [];
  if (typeof value !== 'object') {
    const { label, standard } = labelOf(path);
    const { text, mono } = textOf(path, value);
    return [[label, text, mono, standard]];
  }
  if (!Array.isArray(value))
    return Object.entries(value).flatMap(([key, inner]) => pairs([...path, key], inner));
  if (value.some((item) => typeof item === 'object'))
    return value.flatMap((item, i) => pairs([...path, i + 1], item));
  return value.length === 0 ? [] : pairs(path, value.join(' · '));
}

/** Every value that some rows recorded, in order. */
export function recordedPairs(rows: readonly Row[]): Pair[] {
  return rows.flatMap(({ evidence }) =>
    Object.entries(evidence).flatMap(([key, value]) => pairs([key], value)),
  );
}
