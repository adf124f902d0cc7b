/** `waxseal trust …`: trust domains, in words and for other tools. */
import { parseArgs } from 'node:util';
import { CodedError } from '../../protocol/errors.ts';
import type { PolicyInForce } from '../../protocol/log/authorise.ts';
import { formatTlogPolicy, tlogPolicyOf } from '../../protocol/log/tlog-policy.ts';
import { parseTrustDomain, type TrustDomain } from '../../protocol/policy.ts';
import { compareTrustDomains } from '../../protocol/policy-diff.ts';
import { printable } from '../../transparency-log/publish/describe.ts';
import { type Command, exitCodes } from '../command.ts';
import { readInput, syncWhole } from './release/context.ts';
import { releaseCommandError } from './release/errors.ts';
import { compareApprovers } from './trust-approvers.ts';
import { describeLine } from './trust-words.ts';

/** A trust domain, and who approves in its log by now; or why that is not known. */
interface Read {
  domain: TrustDomain;
  approvers: PolicyInForce | null;
  problem: CodedError | null;
}

async function readDomain(path: string, offline: boolean): Promise<Read> {
  const domain = parseTrustDomain(await readInput(path));
  if (offline) return { domain, approvers: null, problem: null };
  try {
    return { domain, approvers: (await syncWhole(domain)).policy, problem: null };
  } catch (error) {
    if (error instanceof CodedError) return { domain, approvers: null, problem: error };
    throw error;
  }
}

const compare: Command = {
  name: 'trust compare',
  summary: 'say what a trust domain allows, next to one that you trust',
  help: `Usage: waxseal trust compare FILE TRUSTED [--offline] [--json]

Goes through the trust domain in FILE line by line, as the options page of the extension does before it adds one,
and marks each line as new, same or weaker than TRUSTED. Both logs are fetched and verified, since who approves
programs stands there: the last lines name the people that only one of the two has, or that have another key.

Options:
  --offline   ask no log; who approves is then not known
  --json      print one JSON array with an object for each line

Exit codes: 0 nothing is weaker, 10 something is, 20 nothing is as far as known, but a log could not be read,
30 a file is not a trust domain.`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { offline: { type: 'boolean', default: false }, json: { type: 'boolean' } },
    });
    const [file, trusted, ...rest] = positionals;
    if (file === undefined || trusted === undefined || rest.length > 0) {
      throw releaseCommandError('WAX_RELEASECMD_OPTION', 'FILE TRUSTED');
    }
    const [theirs, ours] = await Promise.all([
      readDomain(file, values.offline),
      readDomain(trusted, values.offline),
    ]);
    const compared = compareTrustDomains(theirs, ours).map((line) => ({ ...line, ...describeLine(line) }));
    const lines = [...compared, ...compareApprovers(theirs, ours)];
    if (values.json) console.log(JSON.stringify(lines));
    for (const { mark, title, detail } of values.json ? [] : lines) {
      console.log(`${mark.padEnd(6)}  ${printable(title)}. ${printable(detail)}`);
    }
    const problems = [theirs, ours].flatMap(({ domain, problem }) =>
      problem === null ? [] : [`The log of ${domain.name} was not read: ${problem.message}`],
    );
    for (const problem of problems) console.error(printable(problem));
    if (lines.some(({ mark }) => mark === 'weaker')) return exitCodes.rejected;
    return problems.length > 0 ? exitCodes.unreachable : exitCodes.ok;
  },
};

/** Where witnesses take submissions, by the names of their keys. */
function readAddresses(texts: readonly string[], { witnesses }: TrustDomain): Map<string, string> {
  return new Map(
    texts.map((text) => {
      const [who, url, ...rest] = text.split(' ');
      const named = witnesses.find(({ name, key }) => name === who || key.name === who);
      if (named === undefined || url === undefined || !/^https?:/.test(url) || rest.length > 0) {
        throw releaseCommandError('WAX_RELEASECMD_OPTION', '--witness "NAME URL"');
      }
      return [named.key.name, url.replace(/\/$/, '')];
    }),
  );
}

const tlogPolicy: Command = {
  name: 'trust tlog-policy',
  summary: 'print the log and witnesses of a trust domain as a C2SP tlog-policy file',
  help: `Usage: waxseal trust tlog-policy FILE [--witness "NAME URL"]...

Prints the log, the witnesses and the quorum of the trust domain in FILE in the form of C2SP tlog-policy, for tools
that know nothing of Waxseal, for waxseal audit --policy, and for waxseal log init --witness-policy. The pin, the
publishers, hardware and how old cosignatures may be have no place in such a file.

Options:
  --witness "NAME URL"  where this witness of the domain takes submissions, which the domain does not say

Example:
  waxseal trust tlog-policy example.json --witness "w1.example https://w1.example" > example.policy

Exit codes: 0 printed, 30 the file is not a trust domain, or an option is malformed.`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { witness: { type: 'string', multiple: true, default: [] } },
    });
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) throw releaseCommandError('WAX_RELEASECMD_OPTION', 'FILE');
    const domain = parseTrustDomain(await readInput(file));
    const policy = tlogPolicyOf(domain, readAddresses(values.witness, domain));
    // Not by console.log: names in such a file are bytes, and need not be text.
    process.stdout.write(formatTlogPolicy(policy));
    return exitCodes.ok;
  },
};

export const trustCommands: readonly Command[] = [compare, tlogPolicy];
