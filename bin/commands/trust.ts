/** `waxseal trust …`: trust domains, in words. */
import { parseArgs } from 'node:util';
import { parseTrustDomain } from '../../protocol/policy.ts';
import { compareTrustDomains } from '../../protocol/policy-diff.ts';
import { printable } from '../../transparency-log/publish/describe.ts';
import { type Command, exitCodes } from '../command.ts';
import { readInput } from './release/context.ts';
import { releaseCommandError } from './release/errors.ts';

const compare: Command = {
  name: 'trust compare',
  summary: 'say what a trust domain allows, next to one that you trust',
  help: `Usage: waxseal trust compare FILE TRUSTED [--json]

Goes through the trust domain in FILE line by line, as the options page of the extension does before it adds one,
and marks each line as new, same or weaker than TRUSTED.

Exit codes: 0 nothing is weaker, 10 something is, 30 a file is not a trust domain.`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { json: { type: 'boolean' } },
    });
    const [file, trusted, ...rest] = positionals;
    if (file === undefined || trusted === undefined || rest.length > 0) {
      throw releaseCommandError('WAX_RELEASECMD_OPTION', 'FILE TRUSTED');
    }
    const read = async (path: string) => ({
      domain: parseTrustDomain(await readInput(path)),
      approvers: null,
    });
    const lines = compareTrustDomains(await read(file), await read(trusted));
    if (values.json) console.log(JSON.stringify(lines));
    for (const { mark, title, detail } of values.json ? [] : lines) {
      console.log(`${mark.padEnd(6)}  ${printable(title)}. ${printable(detail)}`);
    }
    return lines.some(({ mark }) => mark === 'weaker') ? exitCodes.rejected : exitCodes.ok;
  },
};

export const trustCommands: readonly Command[] = [compare];
