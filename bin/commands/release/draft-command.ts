/** What all commands that draft a statement have in common: options, help, the common fields, the first signature. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { JsonValue } from '../../../protocol/json.ts';
import { formatTime } from '../../../protocol/log/kinds/kind.ts';
import type { Ledger, Logged } from '../../../protocol/log/ledger.ts';
import { type KnownKind, readPredicate } from '../../../protocol/log/statement.ts';
import { makeEntry } from '../../../transparency-log/publish/entry.ts';
import { type Command, exitCodes } from '../../command.ts';
import { contextHelp, contextOptions, type DraftContext, requireContext, required } from './context.ts';
import { releaseCommandError } from './errors.ts';
import { signWithKeyFile, writeDraft } from './signing.ts';

const sharedOptions = {
  ...contextOptions,
  out: { type: 'string' },
  key: { type: 'string' },
  yes: { type: 'boolean' },
  'not-before': { type: 'string' },
} as const;

const sharedHelp = `  --out FILE         where to write the draft; never over an existing file
  --key FILE         sign it at once with this publisher's key, after showing it
  --yes              sign without asking, for scripts
  --not-before TIME  date of the statement, such as 2026-11-22T14:00:00Z (now)

The draft is a file to pass round: each publisher runs waxseal release sign on it. Exit codes: 0 written, 30 an
option, a file or the log is not as it must be.`;

export type Predicate = { [key: string]: JsonValue };

/** What parseArgs found, by option. */
export type Values = { [option: string]: unknown };
type SharedValues = { yes?: boolean } & {
  [option in Exclude<keyof typeof sharedOptions, 'yes'>]?: string;
};

interface DraftSpec {
  name: string;
  /** It names an entry of the log, which the policy alone does not show. */
  needsLog?: true;
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

/** The command that drafts one kind of statement. */
export function draftCommand(spec: DraftSpec): Command {
  return {
    name: `release ${spec.name}`,
    summary: spec.summary,
    help: `Usage: waxseal release ${spec.name} ${spec.usage} ${spec.needsLog ? '--domain FILE' : '(--domain FILE | --policy FILE)'} --out FILE

${spec.about}

Options:
${spec.optionHelp}
${spec.needsLog ? contextHelp.split('\n', 1)[0] : contextHelp}
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

/** An option that has to be there. */
export const text = (value: unknown, name: string) =>
  required(typeof value === 'string' ? value : undefined, name);

/** The approval at an index of the log, if it is still in force. */
export function findLogged(ledger: Ledger | null, index: number): Logged {
  if (ledger === null)
    throw releaseCommandError('WAX_RELEASECMD_OPTION', '--domain is needed to look the entry up');
  const logged = ledger.approvals.find((candidate) => candidate.index === index);
  if (logged === undefined || logged.takenBack !== null) {
    throw releaseCommandError('WAX_RELEASECMD_ENTRY', `entry ${index}`);
  }
  return logged;
}
