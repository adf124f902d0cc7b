/** What the proof says of the hardware and of its firmware, in words: the parts of the claims that a person can weigh. */
import type { JsonValue } from '../../../protocol/json.ts';
import type { VerificationReport } from '../../../protocol/report.ts';
import { formatList } from '../i18n/format.ts';
import { t } from '../i18n/messages.ts';

/** A label and its value, in the order they are shown; `standard` where the label is a name and not a word. */
export type Pair = readonly [label: string, value: string, mono: boolean, standard?: boolean];

interface Words {
  readonly chip: readonly Pair[];
  readonly firmware: readonly Pair[];
}

/** The value behind some keys, one within the other; null where the proof does not have it. */
function inner(value: JsonValue | undefined, ...keys: string[]): JsonValue {
  let found: JsonValue | undefined = value;
  for (const key of keys) {
    if (typeof found !== 'object' || found === null || Array.isArray(found)) return null;
    found = found[key];
  }
  return found ?? null;
}

const text = (value: JsonValue): string => (value === null ? '?' : String(value));

function debugPair(debug: JsonValue): Pair[] {
  if (typeof debug !== 'boolean') return [];
  return [[t('evDebug'), debug ? t('evDebugOn') : t('evDebugOff'), false]];
}

function snpWords(product: JsonValue, report: JsonValue, simulated: boolean): Words {
  const hardware = simulated
    ? t('evHardwareSimulated')
    : t('evHardwareSnp', { product: text(product).replace(/^./, (letter) => letter.toUpperCase()) });
  const level = (part: string) => text(inner(report, 'reportedTcb', part));
  const firmware = t('evFirmwareSnp', {
    loader: level('bootloader'),
    microcode: level('microcode'),
    snp: level('snp'),
    version: text(inner(report, 'currentFirmware')),
  });
  return {
    chip: [[t('evHardware'), hardware, false]],
    firmware: [[t('evFirmware'), firmware, false], ...debugPair(inner(report, 'policy', 'debug'))],
  };
}

/** Intel's own word where it has no simpler one. */
function statusWord(status: string): string {
  if (status === 'UpToDate') return t('evUpToDate');
  return status === 'OutOfDate' ? t('evOutOfDate') : status;
}

function tdxWords(claims: JsonValue): Words {
  const status = inner(claims, 'tcb', 'merged', 'status');
  const advisories = inner(claims, 'tcb', 'merged', 'advisories');
  const named = Array.isArray(advisories) ? advisories.map(String) : [];
  const judged: Pair[] =
    typeof status === 'string'
      ? [
          [t('evFirmware'), statusWord(status), false],
          [t('evAdvisories'), named.length === 0 ? t('evNoAdvisories') : formatList(named), false],
        ]
      : [];
  return {
    chip: [[t('evHardware'), t('evHardwareTdx'), false]],
    firmware: [...judged, ...debugPair(inner(claims, 'quote', 'tdAttributes', 'debug'))],
  };
}

function nitroWords(claims: JsonValue): Words {
  const register = inner(claims, 'document', 'pcrs', 'PCR0');
  // An enclave that its owner may look into reports registers of zeros.
  const debug = typeof register === 'string' ? /^0+$/.test(register) : null;
  return {
    chip: [[t('evHardware'), t('evHardwareNitro'), false]],
    firmware: [[t('evFirmware'), t('evFirmwareNitro'), false], ...debugPair(debug)],
  };
}

/** The words for the links "chip" and "firmware"; none where the proof could not be read. */
export function hardwareWords({ rows, simulated }: VerificationReport): Words {
  const evidence = rows.find(({ id }) => id === 'evidence')?.evidence;
  const claims = rows.find(({ id }) => id === 'platform')?.evidence ?? null;
  const type = inner(evidence, 'type');
  const product = inner(evidence, 'product');
  if (type === 'sev-snp' || type === 'sev-snp-simulated') {
    const report = inner(claims, 'report');
    if (report !== null) return snpWords(product, report, simulated);
  }
  if (type === 'tdx' && inner(claims, 'quote') !== null) return tdxWords(claims);
  if (type === 'nitro' && inner(claims, 'document') !== null) return nitroWords(claims);
  return { chip: [], firmware: [] };
}
