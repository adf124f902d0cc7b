import { describe, expect, it } from 'vitest';
import { extensionError } from '../../../../extension/errors.ts';
import de from '../../../../extension/public/_locales/de/messages.json' with { type: 'json' };
import en from '../../../../extension/public/_locales/en/messages.json' with { type: 'json' };
import he from '../../../../extension/public/_locales/he/messages.json' with { type: 'json' };
import { syncError } from '../../../../extension/session/log-errors.ts';
import { codeWords } from '../../../../extension/ui/i18n/code-words.ts';
import { setMessageSource } from '../../../../extension/ui/i18n/messages.ts';
import { attestationError } from '../../../../protocol/attestation/errors.ts';
import { nitroError } from '../../../../protocol/attestation/nitro/errors.ts';
import { snpError } from '../../../../protocol/attestation/snp/errors.ts';
import { tdxError } from '../../../../protocol/attestation/tdx/errors.ts';
import { bytesError } from '../../../../protocol/bytes-errors.ts';
import { jsonError } from '../../../../protocol/json-errors.ts';
import { acceptError } from '../../../../protocol/log/accept-errors.ts';
import { logError } from '../../../../protocol/log/errors.ts';
import { releaseError } from '../../../../protocol/log/release-errors.ts';
import { policyError } from '../../../../protocol/policy-errors.ts';
import { sessionError } from '../../../../protocol/session/errors.ts';
import { verifyError } from '../../../../protocol/verification/errors.ts';
import { type Catalogue, catalogueSource } from '../catalogue.ts';

const { WAX_LOG_KEY } = logError.table;
const { WAX_SESSION_ANSWER, WAX_SESSION_ANSWER_SIZE, WAX_SESSION_ENDORSEMENTS } = sessionError.table;
const { WAX_SESSION_BOUNDS, WAX_SESSION_STATEMENT } = sessionError.table;

/** Every code that a check of a report can fail with, that can be behind a refused file, or that the background answers. */
const sentences: { readonly [code: string]: string } = {
  ...attestationError.table,
  ...snpError.table,
  ...tdxError.table,
  ...nitroError.table,
  ...bytesError.table,
  ...jsonError.table,
  ...acceptError.table,
  ...releaseError.table,
  ...syncError.table,
  ...verifyError.table,
  ...policyError.table,
  ...extensionError.table,
  WAX_LOG_KEY,
  WAX_SESSION_ANSWER,
  WAX_SESSION_ANSWER_SIZE,
  WAX_SESSION_ENDORSEMENTS,
  WAX_SESSION_BOUNDS,
  WAX_SESSION_STATEMENT,
};
const codes = Object.keys(sentences);
const keyed = (catalogue: Catalogue) =>
  Object.keys(catalogue).flatMap((key) => (key.startsWith('code_') ? [key.slice('code_'.length)] : []));

describe('the words of error codes', () => {
  it.each<[string, Catalogue]>([
    ['en', en],
    ['de', de],
    ['he', he],
  ])(
    'are there for every code that a person can meet in a check or a file, and for no other: %s',
    (_, file) => {
      expect(keyed(file).sort()).toEqual([...codes].sort());
    },
  );

  it('are, in English, the sentences of the tables', () => {
    setMessageSource(catalogueSource('en', en));
    for (const code of codes)
      expect(codeWords(code)).toBe(`${(sentences[code] ?? '').replaceAll("'", '’')}.`);
  });

  it('are German in the German file and Hebrew in the Hebrew one', () => {
    const english = en as Catalogue;
    for (const code of codes) {
      const key = `code_${code}`;
      expect((de as Catalogue)[key]?.message, key).not.toBe(english[key]?.message);
      expect((he as Catalogue)[key]?.message, key).toMatch(/[א-ת]/);
    }
  });

  it('have no colon, after which what was found begins', () => {
    for (const sentence of Object.values(sentences)) expect(sentence).not.toContain(': ');
  });

  it('are null for a code that is not known', () => {
    setMessageSource(catalogueSource('de', de));
    expect(codeWords('WAX_NOBODY_KNOWS')).toBeNull();
  });
});
