/** `waxseal release acpi`: what the shape of a trust domain needs and nobody can compute, out of an event log. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { acpiDigests, parseEventLog, replayEvents } from '../../../protocol/measurement/event-log.ts';
import { type Command, exitCodes } from '../../command.ts';
import { nativeHashes } from '../../native-hashes.ts';
import { releaseCommandError } from './errors.ts';

export const acpiCommand: Command = {
  name: 'release acpi',
  summary: 'read the description of hardware for a TDX shape out of an event log',
  help: `Usage: waxseal release acpi FILE

Reads the event log of a trust domain, and prints one JSON object: the "acpi" of a shape, and the registers that the
events lead to. Compare these with a quote of the same machine: a log proves nothing by itself. In the guest the log is
/sys/firmware/acpi/tables/data/CCEL. Our image shows it to nobody; boot another Linux in the same shape.

Exit codes: 0 printed, 30 the file is no such log.`,
  async run(args) {
    const { positionals } = parseArgs({ args, allowPositionals: true, options: {} });
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) throw releaseCommandError('WAX_RELEASECMD_OPTION', 'one FILE');
    const log = await readFile(file).catch((cause) => {
      throw releaseCommandError('WAX_RELEASECMD_FILE', file, { cause });
    });
    const events = parseEventLog(new Uint8Array(log));
    const [rtmr0, rtmr1, rtmr2, rtmr3] = replayEvents(events, nativeHashes);
    console.log(JSON.stringify({ acpi: acpiDigests(events), rtmr0, rtmr1, rtmr2, rtmr3 }, null, 2));
    return exitCodes.ok;
  },
};
