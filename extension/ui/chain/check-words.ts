/**
 * The words of the single checks, by their ids, and of their failures, by the codes: the report has them in English
 * only. An id that is not known here keeps the report's sentence.
 * @module
 */
import type { Check, Row, VerificationReport } from '../../../protocol/report.ts';
import { codeWords } from '../i18n/code-words.ts';
import { formatMoment } from '../i18n/format.ts';
import { find } from '../i18n/messages.ts';

export interface CheckWords {
  readonly sentence: string;
  /** What was found where it failed: numbers, dates, names of fields. Null where the sentence says it all. */
  readonly found: string | null;
}

/** The same id can stand for different checks of different evidence. */
const kinds: { readonly [type: string]: string } = {
  'sev-snp': 'snp',
  'sev-snp-simulated': 'snp',
  tdx: 'tdx',
  nitro: 'nitro',
};

/** Checks that are made of several things alike; the end of the id says of which. */
const families: { readonly [family: string]: (name: string) => string } = {
  C4: (name) => name.toUpperCase(),
  C6: (name) => name.toUpperCase(),
  C8: (name) => name.toUpperCase(),
  S11: (name) => name,
  T13: (name) => name,
  N3: (name) => name,
  N4: (name) => name,
};

/** There are several revocation lists, and one way to speak of them. */
const listless = (id: string) => id.replace(/^C7\.[^.]+/, 'C7').replace(/^C8\..*\bcrl$/, 'C8.crl');

const keyOf = (id: string) => `check_${id.replaceAll(/[.-]/g, '_')}`;

function passing({ id, state, text }: Check, row: Row, kind: string): string {
  if (id === 'B9.8' && state === 'pass' && row.evidence.asked === false)
    return find('check_B9_8_open') ?? text;
  const key = keyOf(listless(id));
  const [family = '', ...rest] = id.split('.');
  const name = Object.hasOwn(families, family) ? families[family]?.(rest.join('.')) : undefined;
  const alike = name === undefined ? null : find(keyOf(family), { name });
  return find(`${key}_${kind}`) ?? find(key) ?? alike ?? text;
}

const instant = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/** What an error found, out of the message it made: the part after its sentence. The log's row has nothing else. */
function foundBy({ id, code, text }: Check): string | null {
  const told = text.replace(`${code}: `, '').replace(/\.$/, '');
  const found = id === 'B9.6' ? told : told.split(': ').slice(1).join(': ');
  if (found === '') return null;
  return found.replace(/Z to (?=\d)/, 'Z – ').replaceAll(instant, (time) => formatMoment(Date.parse(time)));
}

/** What a check says: what holds if it passed, or why it failed. */
export function describeCheck(check: Check, row: Row, { rows }: VerificationReport): CheckWords {
  const type = rows.find(({ id }) => id === 'evidence')?.evidence.type;
  const kind = (typeof type === 'string' && kinds[type]) || '';
  if (check.state !== 'fail' || check.code === null)
    return { sentence: passing(check, row, kind), found: null };
  return { sentence: codeWords(check.code) ?? passing(check, row, kind), found: foundBy(check) };
}
