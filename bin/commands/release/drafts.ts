/** The commands that draft a statement: each turns its options into one predicate. */
import { toBase64 } from '../../../protocol/bytes.ts';
import { parseJson } from '../../../protocol/json.ts';
import { DAY, formatTime } from '../../../protocol/log/kinds/kind.ts';
import { type MachinePlatform, machineHash } from '../../../protocol/log/kinds/machine.ts';
import { release as releaseKind } from '../../../protocol/log/kinds/release.ts';
import { isLogged } from '../../../protocol/log/ledger.ts';
import { parseVerifierKey } from '../../../protocol/log/note.ts';
import { readMap } from '../../../protocol/shape.ts';
import { hashFiles, listFiles } from '../../../transparency-log/publish/file-manifest.ts';
import type { Command } from '../../command.ts';
import { readInput, requiredInteger } from './context.ts';
import { draftCommand, findLogged, type Predicate, text, type Values } from './draft-command.ts';
import { releaseCommandError } from './errors.ts';

const approve = draftCommand({
  name: 'approve',
  summary: 'draft the approval of a program',
  usage: '--fields FILE [--days N]',
  about: `Drafts a release. The file is a JSON object; waxseal enclave measure prints most of it. Hashes are hex:

  { "product": "waxseal-demo", "version": 7,
    "measurements": { "sev-snp": [{ "shape": "4 vCPU", "launchDigest": "<48 bytes>" }] },
    "configSha256": "<32 bytes>", "models": [{ "id": "maple-8b", "sha256": "<32 bytes>" }],
    "services": ["https://chat.example"], "wire": { "tickMs": 50, "recordBytes": 512, "maxRecords": 512 },
    "source": { "repository": "https://example.org/waxseal", "commit": "<20 or 32 bytes>" },
    "build": { "recipe": "image/build.ts", "sha256": "<32 bytes>" } }

retiresOlderAfterHours may be added: how long lower versions of the product go on, 168 unless said.`,
  optionHelp: `  --fields FILE      the release as JSON
  --days N           how long it is valid, at most 90 (60)`,
  kind: 'release',
  options: { fields: { type: 'string' }, days: { type: 'string', default: '60' } },
  async fields({ fields, days }, _, notBefore) {
    const file = parseJson(await readInput(text(fields, 'fields')));
    const expires = formatTime(notBefore + requiredInteger(text(days, 'days'), 'days') * DAY);
    return { ...readMap(file, 'fields'), expires };
  },
});

const renew = draftCommand({
  name: 'renew',
  needsLog: true,
  summary: 'draft a new approval of a release that is about to expire',
  usage: '--index N [--days N]',
  about: 'Drafts the same release again, from now on.',
  optionHelp: `  --index N          entry of the release
  --days N           how long it is valid, at most 90 (60)`,
  kind: 'release',
  options: { index: { type: 'string' }, days: { type: 'string', default: '60' } },
  fields({ index, days }, { ledger }, notBefore) {
    const logged = findLogged(ledger, requiredInteger(text(index, 'index'), 'index'));
    if (!isLogged(logged, 'release')) throw releaseCommandError('WAX_RELEASECMD_ENTRY', 'it is no release');
    const expires = notBefore + requiredInteger(text(days, 'days'), 'days') * DAY;
    return releaseKind.write({ ...logged.statement, expires });
  },
});

function takeBack(action: 'revoke' | 'supersede', summary: string): Command {
  return draftCommand({
    name: action,
    needsLog: true,
    summary,
    usage: '--index N --reason TEXT',
    about: `Drafts a status that takes an earlier statement back for good. One publisher is enough.`,
    optionHelp: `  --index N          entry of the statement
  --reason TEXT      why, for everybody to read`,
    kind: 'status',
    options: { index: { type: 'string' }, reason: { type: 'string' } },
    fields({ index, reason }, { ledger }) {
      const { index: at, statementSha256 } = findLogged(
        ledger,
        requiredInteger(text(index, 'index'), 'index'),
      );
      return { action, index: at, statementSha256, reason: text(reason, 'reason') };
    },
  });
}

/** Publishers as a policy lists them, out of the verifier keys that `release keygen` prints. */
export function readPublishers(keys: unknown): Predicate[] {
  if (!Array.isArray(keys) || keys.length === 0)
    throw releaseCommandError('WAX_RELEASECMD_OPTION', '--publisher');
  return keys.map((key: string) => {
    const { name, publicKey } = parseVerifierKey(key);
    return { name, key: toBase64(publicKey) };
  });
}

const policy = draftCommand({
  name: 'policy',
  summary: 'draft a new policy: other publishers or another threshold',
  usage: '--publisher VKEY... --threshold N',
  about: 'Drafts a policy. It names all publishers, and needs the threshold of the policy before it.',
  optionHelp: `  --publisher VKEY   verifier key of a publisher, as release keygen prints it; once for each
  --threshold N      how many of them must approve`,
  kind: 'policy',
  options: { publisher: { type: 'string', multiple: true }, threshold: { type: 'string' } },
  fields: ({ publisher, threshold }) => ({
    publishers: readPublishers(publisher),
    threshold: requiredInteger(text(threshold, 'threshold'), 'threshold'),
  }),
});

const grace = draftCommand({
  name: 'grace',
  summary: 'draft a grace period after a TCB event',
  usage: '--platform P --event NAME --reason TEXT [--days N]',
  about: 'Drafts a grace: machines that one event has put out of date are tolerated, and shown as such.',
  optionHelp: `  --platform P       tdx, sev-snp or nitro
  --event NAME       the vendor's name of the event
  --reason TEXT      why, for everybody to read
  --days N           how long, at most 30 (14)`,
  kind: 'grace',
  options: {
    platform: { type: 'string' },
    event: { type: 'string' },
    reason: { type: 'string' },
    days: { type: 'string', default: '14' },
  },
  fields: ({ platform, event, reason, days }, _, notBefore) => ({
    expires: formatTime(notBefore + requiredInteger(text(days, 'days'), 'days') * DAY),
    platform: text(platform, 'platform'),
    event: text(event, 'event'),
    reason: text(reason, 'reason'),
  }),
});

const machine = draftCommand({
  name: 'machine',
  summary: 'draft an entry that vouches for one machine',
  usage: '--platform P --id HEX --operator NAME',
  about: 'Drafts a machine entry. The log gets a hash of the id.',
  optionHelp: `  --platform P       sev-snp or tdx
  --id HEX           hardware id: hwID of the VCEK, or the PPID
  --operator NAME    who runs the building that it stands in`,
  kind: 'machine',
  options: { platform: { type: 'string' }, id: { type: 'string' }, operator: { type: 'string' } },
  fields({ platform, id, operator }) {
    const on = text(platform, 'platform');
    // readPredicate refuses a platform that is none.
    const machineSha256 = machineHash(on as MachinePlatform, text(id, 'id'));
    return { platform: on, machineSha256, operator: text(operator, 'operator') };
  },
});

async function filesHash({ files, 'manifest-sha256': hash }: Values): Promise<string> {
  if ((files === undefined) === (hash === undefined)) {
    throw releaseCommandError('WAX_RELEASECMD_OPTION', 'either --files or --manifest-sha256');
  }
  return hash === undefined
    ? hashFiles(await listFiles(text(files, 'files')))
    : text(hash, 'manifest-sha256');
}

const extension = draftCommand({
  name: 'extension',
  summary: 'draft the approval of a build of the extension',
  usage: '--browser B --version V (--files DIR | --manifest-sha256 HEX) --repository URL --commit HASH',
  about: `Drafts an extension release. It names the hash of the sorted list of the files of a build, which waxseal
release files prints for any copy of it.`,
  optionHelp: `  --browser B        chrome or firefox
  --version V        as in manifest.json
  --files DIR        folder of the build
  --manifest-sha256 HEX
                     the hash of its files instead
  --repository URL   where the source is
  --commit HASH      and which`,
  kind: 'extension-release',
  options: {
    browser: { type: 'string' },
    version: { type: 'string' },
    files: { type: 'string' },
    'manifest-sha256': { type: 'string' },
    repository: { type: 'string' },
    commit: { type: 'string' },
  },
  fields: async (values) => ({
    browser: text(values.browser, 'browser'),
    version: text(values.version, 'version'),
    manifestSha256: await filesHash(values),
    source: {
      repository: text(values.repository, 'repository'),
      commit: text(values.commit, 'commit'),
    },
  }),
});

const close = draftCommand({
  name: 'close',
  summary: 'draft the end of a log',
  usage: '--reason TEXT [--successor ORIGIN --successor-key VKEY]',
  about: 'Drafts the last entry of a log. What was approved stays so until it expires; nothing new counts.',
  optionHelp: `  --reason TEXT      why, for everybody to read
  --successor ORIGIN the log that goes on
  --successor-key VKEY`,
  kind: 'log-closed',
  options: {
    reason: { type: 'string' },
    successor: { type: 'string' },
    'successor-key': { type: 'string' },
  },
  fields({ reason, successor, 'successor-key': key }) {
    if (successor === undefined && key === undefined)
      return { successor: null, reason: text(reason, 'reason') };
    const next = { origin: text(successor, 'successor'), key: text(key, 'successor-key') };
    return { successor: next, reason: text(reason, 'reason') };
  },
});

export const draftCommands: readonly Command[] = [
  approve,
  renew,
  takeBack('revoke', 'draft the revocation of an approval'),
  takeBack('supersede', 'draft that something newer replaces an approval'),
  policy,
  grace,
  machine,
  extension,
  close,
];
