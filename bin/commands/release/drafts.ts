/** The commands that draft a statement: each turns its options into one predicate. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { toBase64 } from '../../../protocol/bytes.ts';
import { type JsonValue, parseJson } from '../../../protocol/json.ts';
import { DAY, formatTime } from '../../../protocol/log/kinds/kind.ts';
import { type MachinePlatform, machineHash } from '../../../protocol/log/kinds/machine.ts';
import { release as releaseKind } from '../../../protocol/log/kinds/release.ts';
import { isLogged, type Ledger, type Logged } from '../../../protocol/log/ledger.ts';
import { parseVerifierKey } from '../../../protocol/log/note.ts';
import { type KnownKind, readPredicate } from '../../../protocol/log/statement.ts';
import { readMap } from '../../../protocol/shape.ts';
import { makeEntry } from '../../../transparency-log/publish/entry.ts';
import { type Command, exitCodes } from '../../command.ts';
import {
  contextHelp,
  contextOptions,
  type DraftContext,
  readInput,
  requireContext,
  required,
  requiredInteger,
} from './context.ts';
import { releaseCommandError } from './errors.ts';
import { signWithKeyFile, writeDraft } from './signing.ts';

const sharedOptions = {
  ...contextOptions,
  out: { type: 'string' },
  key: { type: 'string' },
  yes: { type: 'boolean' },
  'not-before': { type: 'string' },
} as const;

const sharedHelp = `${contextHelp}
  --out FILE         where to write the draft; never over an existing file
  --key FILE         sign it at once with this publisher's key, after showing it
  --yes              sign without asking, for scripts
  --not-before TIME  date of the statement, such as 2026-11-22T14:00:00Z (now)

The draft is a file to pass round: each publisher runs waxseal release sign on it. Exit codes: 0 written, 30 an
option, a file or the log is not as it must be.`;

type Predicate = { [key: string]: JsonValue };

/** What parseArgs found, by option. */
type Values = { [option: string]: unknown };
type SharedValues = { yes?: boolean } & {
  [option in Exclude<keyof typeof sharedOptions, 'yes'>]?: string;
};

interface DraftSpec {
  name: string;
  summary: string;
  usage: string;
  about: string;
  optionHelp: string;
  kind: KnownKind;
  options: ParseArgsOptionsConfig;
  /** The fields of the kind; the common ones are added. */
  fields: (values: Values, context: DraftContext, notBefore: number) => Predicate | Promise<Predicate>;
}

/** Now in whole seconds, or the time that was asked for. */
export function startTime(text: string | undefined): number {
  if (text === undefined) return Math.floor(Date.now() / 1000) * 1000;
  const at = Date.parse(text);
  if (Number.isNaN(at) || formatTime(at) !== text)
    throw releaseCommandError('WAX_RELEASECMD_OPTION', '--not-before');
  return at;
}

function draftCommand(spec: DraftSpec): Command {
  return {
    name: `release ${spec.name}`,
    summary: spec.summary,
    help: `Usage: waxseal release ${spec.name} ${spec.usage} (--domain FILE | --policy FILE) --out FILE

${spec.about}

Options:
${spec.optionHelp}
${sharedHelp}`,
    async run(args) {
      const values: Values = parseArgs({ args, options: { ...spec.options, ...sharedOptions } }).values;
      const shared = values as SharedValues;
      const out = required(shared.out, 'out');
      const context = await requireContext(shared);
      const notBefore = startTime(shared['not-before']);
      const statement = readPredicate(spec.kind, {
        log: context.policy.log,
        policy: context.policy.entrySha256,
        notBefore: formatTime(notBefore),
        critical: true,
        ...(await spec.fields(values, context, notBefore)),
      });
      let entry = await makeEntry(statement, []);
      if (shared.key !== undefined) {
        entry = await signWithKeyFile(entry, shared.key, context, { yes: shared.yes });
      }
      await writeDraft(out, entry, context.policy);
      return exitCodes.ok;
    },
  };
}

const text = (value: unknown, name: string) => required(typeof value === 'string' ? value : undefined, name);

function findLogged(ledger: Ledger | null, index: number): Logged {
  if (ledger === null)
    throw releaseCommandError('WAX_RELEASECMD_OPTION', '--domain is needed to look the entry up');
  const logged = ledger.approvals.find((candidate) => candidate.index === index);
  if (logged === undefined || logged.takenBack !== null) {
    throw releaseCommandError('WAX_RELEASECMD_ENTRY', `entry ${index}`);
  }
  return logged;
}

const approve = draftCommand({
  name: 'approve',
  summary: 'draft the approval of a program',
  usage: '--fields FILE [--days N]',
  about: `Drafts a release. The file is a JSON object with product, version, measurements, configSha256, models,
services, wire, source, build and, if it is not 168, retiresOlderAfterHours.`,
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
  summary: 'draft a new approval of a release that is about to expire',
  usage: '--index N [--days N]',
  about: 'Drafts the same release again, from now on. Needs --domain.',
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
    summary,
    usage: '--index N --reason TEXT',
    about: `Drafts a status that takes an earlier statement back for good. One publisher is enough. Needs --domain.`,
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

const extension = draftCommand({
  name: 'extension',
  summary: 'draft the approval of a build of the extension',
  usage: '--browser B --version V --manifest-sha256 HEX --repository URL --commit HASH',
  about: 'Drafts an extension release: the hash of the sorted list of its files.',
  optionHelp: `  --browser B        chrome or firefox
  --version V        as in the manifest
  --manifest-sha256 HEX
  --repository URL   where the source is
  --commit HASH      and which`,
  kind: 'extension-release',
  options: {
    browser: { type: 'string' },
    version: { type: 'string' },
    'manifest-sha256': { type: 'string' },
    repository: { type: 'string' },
    commit: { type: 'string' },
  },
  fields: (values) => ({
    browser: text(values.browser, 'browser'),
    version: text(values.version, 'version'),
    manifestSha256: text(values['manifest-sha256'], 'manifest-sha256'),
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
