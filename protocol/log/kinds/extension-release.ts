/**
 * `extension-release`: the files of one build of the browser extension, by the hash of their sorted manifest
 * less what stores add, so that anybody can compare an installed copy.
 * @module
 */
import { readHex, readObject, readOneOf, readString } from '../../shape.ts';
import type { Kind } from './kind.ts';

export interface ExtensionReleaseFields {
  browser: 'chrome' | 'firefox';
  version: string;
  manifestSha256: string;
  source: { repository: string; commit: string };
}

export const extensionRelease: Kind<ExtensionReleaseFields> = {
  required: ['browser', 'version', 'manifestSha256', 'source'],
  optional: [],
  read(predicate) {
    const source = readObject(predicate.source, 'source', ['repository', 'commit']);
    return {
      browser: readOneOf(predicate.browser, 'browser', ['chrome', 'firefox']),
      version: readString(predicate.version, 'version', { pattern: /^\d{1,9}(\.\d{1,9}){1,3}$/ }),
      manifestSha256: readHex(predicate.manifestSha256, 'manifestSha256', 32),
      source: {
        repository: readString(source.repository, 'source.repository', { most: 256 }),
        commit: readString(source.commit, 'source.commit', {
          pattern: /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/,
        }),
      },
    };
  },
  write: ({ browser, version, manifestSha256, source }) => ({
    browser,
    version,
    manifestSha256,
    source: { ...source },
  }),
  subject: ({ browser, manifestSha256 }) => ({ name: `waxseal-${browser}`, sha256: manifestSha256 }),
};
