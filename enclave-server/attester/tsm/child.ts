/**
 * The report process: the only one that opens the report device. A read that the firmware does not answer
 * holds up this process and nothing else.
 * @module
 */
import { TsmEntry, TsmFailure } from './entry.ts';
import type { TsmAnswer, TsmCommand } from './messages.ts';

let entry: TsmEntry | undefined;

const send = (answer: TsmAnswer): void => {
  process.send?.(answer);
};

async function handle(command: TsmCommand): Promise<void> {
  if (command.type === 'open') {
    entry = TsmEntry.open(command.folder);
    send({ type: 'opened', provider: entry.provider });
  } else if (entry) {
    const deadline = performance.now() + command.withinMs;
    send({ type: 'report', ...(await entry.report(command.reportData, deadline)) });
  }
}

process.on('message', (command: TsmCommand) => {
  handle(command).catch((error: unknown) => {
    const { reason, final } = error instanceof TsmFailure ? error : { reason: 'unknown', final: false };
    send({ type: 'failed', reason, final });
  });
});
process.on('disconnect', () => {
  try {
    entry?.close();
  } finally {
    process.exit();
  }
});
