/** `waxseal verify`: everything that the extension checks before a prompt is sealed, without sending one. */
import { parseArgs } from 'node:util';
import { clientHelp, clientOptions, openClient } from '../client.ts';
import { clientCommandError } from '../client-errors.ts';
import { type Command, exitCodes } from '../command.ts';
import { checkReceipt, receiptLines } from '../receipt.ts';
import { reportLines } from '../report-text.ts';

const options = { ...clientOptions, receipt: { type: 'string' }, log: { type: 'string' } } as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

async function verifyReceiptFile({ receipt = '', domain, log, json, ...values }: Values): Promise<number> {
  if (domain === undefined) throw clientCommandError('WAX_CLIENTCOMMAND_OPTION', '--domain');
  const allowSimulator = values['allow-simulator'];
  const result = await checkReceipt({ receipt, domain, log, allowSimulator });
  console.log(json ? JSON.stringify(result) : receiptLines(result).join('\n'));
  return result.verdict === 'pass' ? exitCodes.ok : exitCodes.rejected;
}

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'check an enclave service as the extension does, sending nothing',
  help: `Usage: waxseal verify URL --domain FILE [OPTIONS]
       waxseal verify --receipt FILE --domain FILE [--log URL|DIR] [--allow-simulator] [--json]

Brings the transparency log up to date, asks the service at URL for evidence with a fresh random number, runs
every check and prints the report. No prompt is sent.

With --receipt it checks the receipt of an earlier answer instead, as of the time of that answer, and asks
nobody. docs/receipts.md says what that proves.

Options:
${clientHelp}
  --receipt FILE      check this receipt instead of a service
  --log URL|DIR       read the approval from this log, or from a copy of its files, not from the receipt

Examples:
  waxseal verify https://chat.fernhill.example --domain fernhill.json
  waxseal verify --receipt answer.receipt.json --domain fernhill.json

Exit codes: 0 every check passed, 10 a check failed, 20 the service did not answer, 30 usage.`,
  async run(args) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
    if (values.receipt !== undefined) return verifyReceiptFile(values);
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
