/** `waxseal audit extension`: a copy of the extension against its release in the log, file by file. */
import { readFile, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parseUtf8 } from '../../protocol/bytes.ts';
import { parseJson } from '../../protocol/json.ts';
import { isLogged, type Ledger } from '../../protocol/log/ledger.ts';
import { readMap } from '../../protocol/shape.ts';
import {
  type ExtensionFile,
  formatList,
  hashFiles,
  isOfStore,
  listFiles,
} from '../../transparency-log/publish/file-manifest.ts';
import {
  compareLists,
  type FileDifference,
  parsePackage,
  readCopy,
} from '../../transparency-log/publish/package.ts';
import { type Command, exitCodes } from '../command.ts';
import { auditCommandError } from './audit-errors.ts';
import { type FoundEntry, findEntry, findLedger } from './release/find-entry.ts';
import { exitOf } from './release/measure.ts';

/** What the manifest of a copy says of itself; nothing of it is believed, it only helps to find the release. */
function versionOf(files: readonly ExtensionFile[]): string | null {
  const manifest = files.find(({ path }) => path === 'manifest.json');
  const { version } = manifest ? readMap(parseJson(manifest.data, { floats: true }), 'manifest.json') : {};
  return typeof version === 'string' ? version : null;
}

type Release = FoundEntry<'extension-release'>;

/** The release in force with this very list; else the one that has the version of the copy; else none. */
function searchLedger(ledger: Ledger, hash: string, version: string | null): Release | null {
  const releases = ledger.approvals
    .filter((logged) => isLogged(logged, 'extension-release'))
    .filter(({ takenBack }) => takenBack === null)
    .reverse();
  const found =
    releases.find(({ statement }) => statement.manifestSha256 === hash) ??
    releases.find(({ statement }) => statement.version === version);
  if (!found) return null;
  const { statement, statementSha256, index, signers, threshold } = found;
  return { statement, statementSha256, logged: { index, signers, threshold } };
}

/** The list of the release, from a list or from another copy; it has to be the one that the release names. */
async function readAgainst(path: string, { statement }: Release): Promise<string> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    (cause) => {
      throw auditCommandError('WAX_AUDITCOMMAND_FILE', path, { cause });
    },
  );
  const read = async () => {
    const bytes = new Uint8Array(await readFile(path));
    const isList = /^[0-9a-f]{64} /.test(Buffer.from(bytes.subarray(0, 65)).toString('latin1'));
    return isList ? `${parseUtf8(bytes).trimEnd()}\n` : formatList(parsePackage(bytes));
  };
  const list = isFolder ? await listFiles(path) : await read();
  if (hashFiles(list) !== statement.manifestSha256)
    throw auditCommandError('WAX_AUDITCOMMAND_OTHER_LIST', path);
  return list;
}

interface Outcome {
  verdict: 'same' | 'different' | 'unknown';
  /** Of the copy. */
  manifestSha256: string;
  release: Release | null;
  differences: FileDifference[];
  /** Files that stores add, which no release names. */
  notCompared: string[];
}

const told = ({ kind, path, from }: FileDifference) =>
  `FAIL  ${kind.padEnd(7)}  ${path}${from === undefined ? '' : ` (${from} in the release)`}`;

function describe({ verdict, manifestSha256, release, differences, notCompared }: Outcome): string {
  const lines = [`This copy: ${manifestSha256}`];
  if (release !== null) {
    const { browser, version, source, manifestSha256: wanted } = release.statement;
    const where = release.logged
      ? `entry ${release.logged.index}, signed by ${release.logged.signers.join(', ')}`
      : 'a file; whether it is in a log, only --domain can tell';
    lines.push(
      `Release ${version} for ${browser}: ${wanted}`,
      `  ${where}; source ${source.repository} ${source.commit}`,
    );
  }
  lines.push(...differences.map(told));
  if (notCompared.length > 0) lines.push(`Added by stores, not compared: ${notCompared.join(', ')}`);
  const verdicts = {
    same: 'This copy is the one that was released.',
    different: 'This copy is not the one that was released.',
    unknown: 'The log has no release of this copy, nor of its version.',
  };
  if (verdict === 'different' && differences.length === 0) {
    lines.push(
      'Which files differ, --against tells, with the list of the release or your own build of its source.',
    );
  }
  return [...lines, verdicts[verdict]].join('\n');
}

export const auditExtensionCommand: Command = {
  name: 'audit extension',
  summary: 'compare a copy of the extension with its release',
  help: `Usage: waxseal audit extension FILE|DIR (--domain FILE | --entry FILE) [OPTIONS]

Compares a copy of the extension, as a store hands it out (zip, crx, xpi), a browser has installed it, or you have
built it, with the extension release in the log. What stores add is left out and named: docs/log-entries.md says what.

Options:
  --domain FILE    trust domain of the log: the log is fetched and verified, and the release has to be in force
  --entry N|FILE   that release: an entry of the log, or a file; without it, the one with these files or this version
  --against PATH   names the files that differ: the list that waxseal release files --list printed for the release, or
                   another copy of it. Its hash has to be the one that the release names
  --json           print one JSON object (waxseal-audit-extension/1)

Examples:
  waxseal audit extension waxseal.crx --domain waxseal.json
  waxseal audit extension ~/.config/chromium/Default/Extensions/ID/1.2.0_0 --domain waxseal.json --against dist/extension/chrome

Exit codes: 0 the same, 10 different, or not in the log, 20 the log could not be verified, 30 an option or a file is
malformed.`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        domain: { type: 'string' },
        entry: { type: 'string' },
        against: { type: 'string' },
        json: { type: 'boolean' },
      },
    });
    const [copy, ...rest] = positionals;
    if (copy === undefined || rest.length > 0)
      throw auditCommandError('WAX_AUDITCOMMAND_OPTION', 'one FILE or DIR');
    const { domain, entry, against } = values;
    if (domain === undefined && entry === undefined) {
      throw auditCommandError('WAX_AUDITCOMMAND_OPTION', '--domain or --entry');
    }
    const files = await readCopy(copy);
    const list = formatList(files);
    const manifestSha256 = hashFiles(list);
    try {
      const ledger = await findLedger(domain);
      const release =
        entry === undefined
          ? ledger && searchLedger(ledger, manifestSha256, versionOf(files))
          : await findEntry('extension-release', entry, ledger);
      const isSame = release?.statement.manifestSha256 === manifestSha256;
      const outcome: Outcome = {
        verdict: release === null ? 'unknown' : isSame ? 'same' : 'different',
        ...{ manifestSha256, release },
        differences:
          release && against !== undefined ? compareLists(await readAgainst(against, release), list) : [],
        notCompared: files.map(({ path }) => path).filter(isOfStore),
      };
      console.log(
        values.json ? JSON.stringify({ format: 'waxseal-audit-extension/1', ...outcome }) : describe(outcome),
      );
      return isSame ? exitCodes.ok : exitCodes.rejected;
    } catch (error) {
      return exitOf(error);
    }
  },
};
