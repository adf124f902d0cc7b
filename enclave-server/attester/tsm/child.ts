/**
 * The report process: the only one that opens the report device. A read that the firmware does not answer
 * holds up this process and nothing else.
 * @module
 */
import { parseBase64 } from '../../../protocol/bytes.ts';
import { openLine } from '../../line/child-end.ts';
import { TsmEntry, TsmFailure } from './entry.ts';
import { type SentTsmAnswer, sentReport, type TsmCommand } from './messages.ts';

let entry: TsmEntry | undefined;

async function handle(command: TsmCommand): Promise<void> {
  if (command.type === 'open') {
    entry = TsmEntry.open(command.folder);
    send({ type: 'opened', provider: entry.provider });
  } else if (entry) {
    const deadline = performance.now() + command.withinMs;
    send(sentReport(await entry.report(parseBase64(command.reportData), deadline)));
  }
}

function obey(command: TsmCommand): void {
  handle(command).catch((error: unknown) => {
    const { reason, final } = error instanceof TsmFailure ? error : { reason: 'unknown', final: false };
    send({ type: 'failed', reason, final });
  });
}

function leave(): void {
  try {
    entry?.close();
  } finally {
    process.exit();
  }
}

const send = openLine<TsmCommand, SentTsmAnswer>(obey, leave);
