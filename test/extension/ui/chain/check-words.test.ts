import { beforeAll, describe, expect, it } from 'vitest';
import de from '../../../../extension/public/_locales/de/messages.json' with { type: 'json' };
import en from '../../../../extension/public/_locales/en/messages.json' with { type: 'json' };
import he from '../../../../extension/public/_locales/he/messages.json' with { type: 'json' };
import { describeCheck } from '../../../../extension/ui/chain/check-words.ts';
import { setMessageSource } from '../../../../extension/ui/i18n/messages.ts';
import { hardwareVerifiers } from '../../../../protocol/attestation/hardware.ts';
import type { Check, Row, VerificationReport } from '../../../../protocol/report.ts';
import { type Exchange, verifyAnswer } from '../../../../protocol/verify.ts';
import { platforms } from '../../../support/attestation/refusals.ts';
import { makeExchange, nonsense } from '../../../support/verified-exchange.ts';
import { type Catalogue, catalogueSource } from '../catalogue.ts';
import { report as shown } from '../gallery/fixtures.ts';

interface Case {
  readonly check: Check;
  readonly row: Row;
  readonly report: VerificationReport;
}

/** The report's own sentence in the letters of the message files; null where it is a reason and no sentence. */
function sentenceOf({ state, text }: Check): string | null {
  if (state === 'fail') return null;
  return text.replace(/^Not judged: (?=[A-Z])/, '').replaceAll("'", '’');
}

const casesOf = (report: VerificationReport): Case[] =>
  report.rows.flatMap((row) => row.checks.map((check) => ({ check, row, report })));

/** The checks of one kind of evidence, as rows have them. */
function evidenceCases(type: string, checks: readonly Omit<Check, 'code'>[]): Case[] {
  const [first] = shown.rows;
  if (first === undefined) throw new Error('no row');
  const row: Row = { ...first, id: 'evidence', evidence: { type } };
  const report = { ...shown, rows: [row] };
  return checks.map(({ id, state, text }) => ({ check: { id, state, code: null, text }, row, report }));
}

/** Every check that can be in a report: of each kind of evidence, good and absent, and of whole exchanges. */
async function everyCase(): Promise<Case[]> {
  const absent = { evidence: new Uint8Array(), endorsements: [], policy: undefined, at: 0 };
  const cases: Case[] = [];
  for (const verifier of hardwareVerifiers) {
    const { checks } = await verifier.verify({ ...absent, expectedReportData: null });
    cases.push(...evidenceCases(verifier.type, checks));
  }
  for (const { make } of platforms) {
    const { input, verifier } = make();
    const { checks } = await verifier.verify(input);
    expect(checks.every(({ state }) => state === 'pass')).toBe(true);
    cases.push(...evidenceCases(verifier.type, checks));
  }
  const { exchange, surroundings } = await makeExchange();
  const broken: Exchange = { ...exchange, answerBody: nonsense };
  const enclaves = surroundings.domain.enclaves.map((enclave) => ({ ...enclave, machines: true }));
  const listed = { ...surroundings, domain: { ...surroundings.domain, enclaves } };
  for (const report of [
    await verifyAnswer(exchange, surroundings),
    await verifyAnswer(exchange, { ...surroundings, verifiers: [] }),
    await verifyAnswer(broken, surroundings),
    await verifyAnswer(broken, listed),
  ]) {
    cases.push(...casesOf(report));
  }
  return cases;
}

let cases: Case[];
beforeAll(async () => {
  cases = await everyCase();
}, 60_000);

const say = (locale: string, catalogue: Catalogue) => setMessageSource(catalogueSource(locale, catalogue));
const marked = (text: string): Pick<Check, 'state' | 'code' | 'text'> => ({
  state: 'pass',
  code: null,
  text,
});

describe('the words for a check that passed or was not reached', () => {
  it('are, in English, the sentences of the report', () => {
    say('en', en);
    for (const { check, row, report } of cases) {
      const sentence = sentenceOf(check);
      // What is missing there is said by the rows before it.
      if (sentence === null || sentence.startsWith('Not judged: the measurement')) continue;
      expect(describeCheck(check, row, report).sentence, check.id).toBe(sentence);
    }
  });

  it.each<[string, Catalogue]>([
    ['en', en],
    ['de', de],
    ['he', he],
  ])('are in the message files for every check that there is: %s', (locale, catalogue) => {
    say(locale, catalogue);
    const missing = cases.filter(({ check, row, report }) => {
      const only = { ...check, ...marked('only the report has this') };
      return describeCheck(only, row, report).sentence === only.text;
    });
    expect([...new Set(missing.map(({ check, report }) => `${report.rows[1]?.id} ${check.id}`))]).toEqual([]);
    expect(cases.length).toBeGreaterThan(300);
  });

  it('are in no other language’s words in German and Hebrew', () => {
    const keys = Object.keys(en).filter((key) => key.startsWith('check_'));
    for (const key of keys as (keyof typeof en)[]) {
      expect(de[key].message, key).not.toBe(en[key].message);
      expect(he[key].message, key).toMatch(/[א-ת]/);
    }
  });

  it('are all said of some check: none outlives it', () => {
    const used = new Set<string>();
    setMessageSource({
      locale: 'en',
      get(key) {
        if (key in en) used.add(key);
        return key in en ? 'said' : '';
      },
    });
    for (const { check, row, report } of cases)
      describeCheck({ ...check, ...marked('only the report has this') }, row, report);
    const keys = Object.keys(en).filter((key) => key.startsWith('check_'));
    expect(keys.filter((key) => !used.has(key))).toEqual([]);
  });

  it('are the report’s for an id that this version does not know', () => {
    say('de', de);
    const [one] = cases;
    if (one === undefined) throw new Error('no case');
    const check: Check = { ...one.check, id: 'S99.new', ...marked('A check of tomorrow.') };
    expect(describeCheck(check, one.row, one.report).sentence).toBe('A check of tomorrow.');
    const member: Check = { ...check, id: 'S2.new' };
    expect(describeCheck(member, one.row, one.report).sentence).toBe('A check of tomorrow.');
  });
});

describe('the words for a check that failed', () => {
  const [row] = shown.rows;
  const words = (check: Partial<Check>) => {
    if (row === undefined) throw new Error('no row');
    return describeCheck({ id: 'S2', state: 'fail', code: 'WAX_SNP_DEBUG', text: '', ...check }, row, shown);
  };

  it('say why by the code, and keep what was found', () => {
    say('de', de);
    const text = 'The firmware is older than the required minimum: turin: reported snp 5.';
    expect(words({ code: 'WAX_SNP_TCB_MINIMUM', text })).toEqual({
      sentence: 'Die Firmware ist älter als der verlangte Mindeststand.',
      found: 'turin: reported snp 5',
    });
    expect(words({ text: 'The guest may be debugged by its host.' }).found).toBeNull();
  });

  it('leave out the code, which has a place of its own', () => {
    say('de', de);
    const text = 'WAX_VERIFY_WIRE: The wire parameters are not those of the approved release: tickMs.';
    expect(words({ id: 'B9.9', code: 'WAX_VERIFY_WIRE', text }).found).toBe('tickMs');
    expect(words({ id: 'B9.6', code: 'WAX_ACCEPT_QUORUM', text: '2 of 3' }).found).toBe('2 of 3');
    expect(words({ id: 'B9.6', code: 'WAX_ACCEPT_AGE', text: '' }).found).toBeNull();
  });

  it('write dates as the language writes them', () => {
    say('de', de);
    const text =
      'The certificate is not valid at this time: 2026-01-02T03:04:05.000Z to 2026-05-06T07:08:09.000Z.';
    const { found } = words({ code: 'WAX_X509_DATES', text });
    expect(found).toMatch(/^2\. Jan\. 2026, .+ – 6\. Mai 2026, /);
  });

  it('fall back to what was checked for a code that has no words', () => {
    say('de', de);
    expect(words({ code: 'WAX_NEW' }).sentence).toBe('Der Bericht ist vom Chip signiert.');
  });
});
