/** `waxseal verify`: everything that the extension checks before a prompt is sealed, without sending one. */
import { parseArgs } from 'node:util';
import { clientHelp, clientOptions, openClient } from '../client.ts';
import { type Command, exitCodes } from '../command.ts';
import { reportLines } from '../report-text.ts';

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'check an enclave service as the extension does, sending nothing',
  help: `Usage: waxseal verify URL --domain FILE [OPTIONS]

Brings the transparency log up to date, asks the service at URL for evidence with a fresh random number, runs
every check and prints the report. No prompt is sent.

Options:
${clientHelp}

Example:
  waxseal verify https://chat.fernhill.example --domain fernhill.json

Exit codes: 0 every check passed, 10 a check failed, 20 the service did not answer, 30 usage.`,
  async run(args) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: clientOptions });
    const client = await openClient(positionals[0], values);
    const status = await client.check();
    client.close();
    if (status.phase === 'unreachable') {
      const { code, message } = status.failure.error;
      if (values.json) console.log(JSON.stringify({ verdict: 'unreachable', code }));
      else console.error(`No answer that could be checked. Nothing failed a check. ${message}`);
      return exitCodes.unreachable;
    }
    const { report } = status;
    if (report === null) return exitCodes.unreachable;
    if (values.json) console.log(JSON.stringify(report));
    else {
      const words = report.verdict === 'pass' ? 'Every check passed.' : 'Refused. No prompt would be sent.';
      const simulated = report.simulated ? ['Simulated, not private. Its operator can read it.'] : [];
      console.log([...reportLines(report), '', words, ...simulated].join('\n'));
    }
    return report.verdict === 'pass' ? exitCodes.ok : exitCodes.rejected;
  },
};
