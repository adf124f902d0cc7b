/** `waxseal audit`: check a transparency log from outside, or evidence that one misbehaved. */
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CodedError } from '../../protocol/errors.ts';
import { auditLog } from '../../transparency-log/audit/audit.ts';
import { parseEvidence, verifyEvidence } from '../../transparency-log/audit/evidence.ts';
import { readAuditState, writeAuditState, writeEvidence } from '../../transparency-log/audit/history.ts';
import type { AuditReport } from '../../transparency-log/audit/report.ts';
import { type Command, exitCodes } from '../command.ts';
import { ProgressBar } from '../progress.ts';
import { auditCommandError } from './audit-errors.ts';
import { type Notice, notify } from './audit-notify.ts';
import { readInput, readTarget, type Target } from './audit-target.ts';

function parse(args: string[]) {
  return parseArgs({
    args,
    allowPositionals: true,
    options: {
      domain: { type: 'string' },
      vkey: { type: 'string' },
      policy: { type: 'string' },
      origin: { type: 'string' },
      witness: { type: 'string', multiple: true, default: [] },
      state: { type: 'string' },
      evidence: { type: 'string' },
      follow: { type: 'string' },
      webhook: { type: 'string' },
      command: { type: 'string' },
      timeout: { type: 'string', default: '10' },
      json: { type: 'boolean', default: false },
    },
  });
}

type Values = ReturnType<typeof parse>['values'];

function readSeconds(text: string, name: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text))
    throw auditCommandError('WAX_AUDITCOMMAND_OPTION', `--${name} in seconds`);
  return 1000 * Number(text);
}

async function auditOnce(url: string, target: Target, values: Values): Promise<AuditReport> {
  const { log } = target;
  const { state } = values;
  const remembered = state === undefined ? null : await readAuditState(state, log);
  const bar = new ProgressBar();
  const { report, checkpoint } = await auditLog({
    ...target,
    url,
    remembered,
    timeoutMs: readSeconds(values.timeout, 'timeout'),
    onProgress: (stage, done, total) => bar.show(stage, done, total),
  }).finally(() => bar.clear());
  if (state !== undefined && checkpoint !== null) await writeAuditState(state, log, checkpoint, Date.now());
  if (report.evidence !== null) {
    // Without a state file it goes beside nothing in particular: here.
    console.error(`Evidence: ${await writeEvidence(state ?? 'waxseal-audit', report.evidence)}`);
  }
  console.log(values.json ? JSON.stringify(report) : describe(report));
  return report;
}

const marks = { pass: 'ok  ', fail: 'FAIL', skipped: '-   ' } as const;
const verdicts = {
  ok: 'Nothing is wrong with this log.',
  finding: 'Something is wrong with this log.',
  unreachable: 'Nothing wrong was found, but not everything could be reached.',
} as const;

function describe({ log, checks, witnesses, entries, verdict }: AuditReport): string {
  const lines = [`${log.origin} at ${log.url}: ${log.size ?? '?'} entries`];
  for (const { id, state, text } of checks) lines.push(`  ${marks[state]}  ${id.padEnd(14)}  ${text}`);
  for (const { name, cosignedAt, view } of witnesses) {
    const seen = view === null ? '' : `, shows size ${view.size}`;
    lines.push(
      `  witness ${name}: ${cosignedAt === null ? 'has not cosigned' : `cosigned at ${cosignedAt}`}${seen}`,
    );
  }
  if (entries !== null) {
    const { live, expired, takenBack } = entries.releases;
    lines.push(`  releases: ${live} live, ${expired} expired, ${takenBack} taken back`);
  }
  return [...lines, verdicts[verdict]].join('\n');
}

/** Whom to tell of a finding; only somebody who follows a log is told. */
function readNotice({ webhook, command, follow }: Values): Notice {
  if ((webhook !== undefined || command !== undefined) && follow === undefined) {
    throw auditCommandError('WAX_AUDITCOMMAND_OPTION', '--webhook and --command go with --follow');
  }
  if (webhook !== undefined && (!/^https?:/.test(webhook) || !URL.canParse(webhook))) {
    throw auditCommandError('WAX_AUDITCOMMAND_OPTION', '--webhook URL');
  }
  return { webhook: webhook ?? null, command: command ?? null };
}

const verdictCodes = {
  ok: exitCodes.ok,
  finding: exitCodes.rejected,
  unreachable: exitCodes.unreachable,
} as const;

async function checkEvidence(path: string, values: Values): Promise<number> {
  const evidence = parseEvidence(await readInput(path));
  const isNamed = (values.domain ?? values.vkey ?? values.policy) !== undefined;
  const { log } = isNamed ? await readTarget(values) : { log: null };
  if (log !== null && (log.origin !== evidence.log.origin || log.key.text !== evidence.log.key)) {
    throw auditCommandError('WAX_AUDITCOMMAND_OTHER_LOG', evidence.log.origin);
  }
  const { proven, text } = await verifyEvidence(evidence).then(
    (sentence) => ({ proven: true, text: sentence }),
    (error: unknown) => {
      if (!(error instanceof CodedError)) throw error;
      return { proven: false, text: error.message };
    },
  );
  const { origin, key } = evidence.log;
  if (values.json) console.log(JSON.stringify({ proven, text, origin, key, keyCompared: log !== null }));
  else
    console.log(
      [text, ...(log === null ? [`Compare the key with that of ${origin}: ${key}`] : [])].join('\n'),
    );
  return proven ? exitCodes.ok : exitCodes.rejected;
}

export const auditCommand: Command = {
  name: 'audit',
  summary: 'check a transparency log from outside, or evidence that one misbehaved',
  help: `Usage: waxseal audit [URL] (--domain FILE | --vkey VKEY | --policy FILE) [OPTIONS]
       waxseal audit --evidence FILE [--domain FILE | --vkey VKEY | --policy FILE] [--json]

Fetches everything that a log (C2SP tlog-tiles) serves and checks it: the log's signature, the witnesses' quorum
and how fresh it is, every entry and every tile against the signed root with two implementations of the tree, the
authorisation of each entry under the policy in force before it, the answers of its search, what witnesses show
monitors, and that the log extends what an earlier audit saw.

Options:
  --domain FILE         trust domain: log, witnesses, quorum, pin and first policy; URL is the domain's if left out
  --vkey VKEY           verifier key of any other log; quorum, pin and authorisation are then not checked
  --policy FILE         C2SP tlog-policy file: log, witnesses, groups and quorum; URL is the log's there if left out.
                        Witnesses with an address are asked what they have seen. With --domain or --vkey as well, the
                        checkpoint must be valid under both
  --origin ORIGIN       origin of the log, where it is not the name of the --vkey, or --policy names several logs
  --witness "NAME URL"  ask this witness what it has seen; NAME is in the domain, or is a verifier key; may be repeated
  --state FILE          remember the last checkpoint here, and compare with it; evidence of a fork or a rollback is
                        written beside it as FILE.TIME.evidence.json (without --state: in the current folder)
  --evidence FILE       check such a file instead, without any network; a report of --json that holds evidence, and
                        a file saved from the extension, will do as well
  --follow SECONDS      audit again and again until there is a finding
  --webhook URL         with --follow: POST the report of a finding there, as the JSON of --json
  --command COMMAND     with --follow: run this in a shell on a finding, with the same JSON on its standard input
  --timeout SECONDS     for each request (10)
  --json                print the report as one JSON object (waxseal-audit/1)

Examples:
  waxseal audit --domain waxseal.json --state audit.json --witness "w1 https://w1.example"
  waxseal audit --domain waxseal.json --follow 600 --webhook https://alerts.example/waxseal
  waxseal audit https://log.example --vkey "log.example/one+1f…+AX…" --json
  waxseal audit --policy example.policy

Exit codes: 0 nothing wrong (with --evidence: proven), 10 a finding (with --evidence: not proven),
20 something could not be reached, 30 an option or a file is malformed.`,
  async run(args) {
    const { values, positionals } = parse(args);
    if (values.evidence !== undefined) return checkEvidence(values.evidence, values);
    const target = await readTarget(values);
    const url = (positionals[0] ?? target.url)?.replace(/\/$/, '');
    if (url === undefined || !/^https?:/.test(url) || !URL.canParse(url) || positionals.length > 1) {
      throw auditCommandError('WAX_AUDITCOMMAND_OPTION', 'URL');
    }
    const pause = values.follow === undefined ? null : readSeconds(values.follow, 'follow');
    const notice = readNotice(values);
    for (;;) {
      const report = await auditOnce(url, target, values);
      const { verdict } = report;
      if (verdict === 'finding') {
        // The finding stands, whether or not somebody could be told of it.
        for (const error of await notify(notice, report)) console.error(error.message);
      }
      if (pause === null || verdict === 'finding') return verdictCodes[verdict];
      await setTimeout(pause);
    }
  },
};
