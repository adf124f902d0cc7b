/** Which log `waxseal audit` is to look at, and whose word on it counts. */
import { readFile } from 'node:fs/promises';
import type { LogIdentity } from '../../protocol/log/evidence.ts';
import { parseVerifierKey, type VerifierKey } from '../../protocol/log/note.ts';
import { parseTlogPolicy, type TlogPolicy } from '../../protocol/log/tlog-policy.ts';
import { parseTrustDomain, type TrustDomain } from '../../protocol/policy.ts';
import type { WitnessEndpoint } from '../../transparency-log/witness/client.ts';
import { auditCommandError } from './audit-errors.ts';

/** The options that name a log and its witnesses. */
export interface TargetOptions {
  domain?: string | undefined;
  vkey?: string | undefined;
  policy?: string | undefined;
  origin?: string | undefined;
  witness: string[];
}

export async function readInput(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause) => {
    throw auditCommandError('WAX_AUDITCOMMAND_FILE', path, { cause });
  });
}

export interface Target {
  log: LogIdentity;
  /** Where the log is, as far as a file says. */
  url: string | null;
  domain: TrustDomain | null;
  policy: TlogPolicy | null;
  witnesses: WitnessEndpoint[];
}

/** The one log of a policy file that is meant: the only one, or the one of that origin. */
function onlyLog({ logs }: TlogPolicy, origin: string | undefined): TlogPolicy['logs'][number] {
  const named = logs.filter(({ key }) => origin === undefined || key.name === origin);
  const [log] = named;
  if (log === undefined || named.length > 1) {
    const what = `--policy names ${named.length} ${origin === undefined ? 'logs' : `logs ${origin}`}`;
    throw auditCommandError('WAX_AUDITCOMMAND_OPTION', what);
  }
  return log;
}

/** Which log is meant: by a trust domain, by its key alone, or by a witness policy. */
export async function readTarget({
  domain: path,
  vkey,
  policy: rule,
  origin,
  witness,
}: TargetOptions): Promise<Target> {
  if ((path !== undefined && vkey !== undefined) || (path ?? vkey ?? rule) === undefined) {
    throw auditCommandError('WAX_AUDITCOMMAND_OPTION', 'either --domain or --vkey, or --policy');
  }
  if (path !== undefined && origin !== undefined) {
    throw auditCommandError('WAX_AUDITCOMMAND_OPTION', '--origin goes with --vkey or --policy');
  }
  const domain = path === undefined ? null : parseTrustDomain(await readInput(path));
  const policy = rule === undefined ? null : parseTlogPolicy(await readInput(rule));
  const named = domain?.log.key ?? (vkey === undefined ? null : parseVerifierKey(vkey));
  const listed = named === null && policy !== null ? onlyLog(policy, origin) : null;
  const key = named ?? listed?.key;
  if (key === undefined) throw auditCommandError('WAX_AUDITCOMMAND_OPTION', 'which log?');
  const url = domain?.log.url ?? listed?.url ?? null;
  const log = { origin: domain?.log.origin ?? origin ?? key.name, key, witnesses: [] };
  return withWitnesses({ log, url, domain, policy }, witness);
}

/** Adds whose cosignatures are looked at, and who is asked. */
function withWitnesses(
  { log, url, domain, policy }: Omit<Target, 'witnesses'>,
  options: readonly string[],
): Target {
  const rule = policy && withLog(policy, log.key, url);
  const placed = (rule?.witnesses ?? []).flatMap(({ key, url }) => (url === null ? [] : [{ key, url }]));
  const asked = [...options.map((text) => readWitness(text, domain)), ...placed];
  const listed = rule?.witnesses.map(({ key }) => key) ?? [];
  const known = [...(domain?.witnesses.map(({ key }) => key) ?? asked.map(({ key }) => key)), ...listed];
  return {
    log: { ...log, witnesses: distinct(known, ({ text }) => text) },
    url,
    domain,
    policy: rule,
    witnesses: distinct(asked, ({ key }) => key.text),
  };
}

/** A policy without logs is for whichever is named otherwise; one with logs must have that one. */
function withLog(policy: TlogPolicy, key: VerifierKey, url: string | null): TlogPolicy {
  if (policy.logs.length === 0) return { ...policy, logs: [{ key, url }] };
  if (policy.logs.some((log) => log.key.text === key.text)) return policy;
  throw auditCommandError('WAX_AUDITCOMMAND_OTHER_LOG', '--policy');
}

/** The first of each name. */
function distinct<Item>(items: readonly Item[], nameOf: (item: Item) => string): Item[] {
  return [...new Map(items.toReversed().map((item) => [nameOf(item), item])).values()].toReversed();
}

/** `NAME URL` for a witness of the trust domain, `VKEY URL` for any other. */
function readWitness(text: string, domain: TrustDomain | null): WitnessEndpoint {
  const [who, url, ...rest] = text.split(' ');
  if (!who || !url || !URL.canParse(url) || rest.length > 0) {
    throw auditCommandError('WAX_AUDITCOMMAND_OPTION', '--witness "NAME URL"');
  }
  const named = domain?.witnesses.find(
    ({ name, key }) => name === who || key.name === who || key.text === who,
  );
  return { url: url.replace(/\/$/, ''), key: named?.key ?? parseVerifierKey(who) };
}
