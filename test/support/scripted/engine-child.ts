/**
 * In the place of the engine process of a built server: does what the last message of a chat tells it to, good or
 * bad. It speaks the server's own protocol (enclave-server/engine/messages.ts) and knows no model.
 *
 *   say COUNT MS    COUNT words, one each MS milliseconds, then ends
 *   call            the same as JSON, where a call of a tool is wanted
 *   refuse REASON   too-long, busy or format
 *   abort, exit, throw, garbage, flood, noise, endless, silent
 *   pieces COUNT    so many words at once, as fast as they go
 *   strangers, pongs, readies, compiles
 *                   without an end, what nobody has asked for
 *   leak            writes the message to a file and to standard error, as no engine may: for controls
 *
 * Anything else is said back.
 */
import { writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import type { EngineCommand, PlainJob, SentReport } from '../../../enclave-server/engine/messages.ts';
import { openLine } from '../../../enclave-server/line/child-end.ts';
import { LINE_FD } from '../../../enclave-server/line/lines.ts';

const running = new Map<number, AbortController>();
/** Also what is no report. */
const send = (report: SentReport | { type: string; [name: string]: unknown }) => tell(report as SentReport);

/** Past what frames the messages, as fast as it goes; nothing else of this process comes between. */
function writeRaw(bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(LINE_FD, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') process.exit(4);
    }
  }
}

const UNASKED: { [verb: string]: { type: string; [name: string]: unknown } } = {
  strangers: { type: 'text', job: 1_000_000, text: '' },
  pongs: { type: 'pong' },
  readies: { type: 'ready' },
  compiles: { type: 'compiled' },
};

/** Writes the same line for as long as anybody takes it, or so many times. */
function repeat(report: object, times = Number.POSITIVE_INFINITY): void {
  const line = `${JSON.stringify(report)}\n`;
  const most = Math.ceil(65_536 / line.length);
  for (let left = times; left > 0; left -= most) writeRaw(Buffer.from(line.repeat(Math.min(left, most))));
}

/** True when the job ends as usual; what is bad about the others has happened by then. */
async function act(job: number, content: string, signal: AbortSignal): Promise<'stop' | 'aborted' | null> {
  const [verb = '', first = '', second = ''] = content.split(' ');
  if (verb === 'abort') process.abort();
  if (verb === 'exit') process.exit(3);
  if (verb === 'throw') setImmediate(() => Promise.reject(new Error(content)));
  if (verb === 'garbage') send({ type: 'text', job, text: { content } });
  if (verb === 'flood')
    send({ type: 'text', job, text: content.repeat(1 + Math.ceil(70_000 / content.length)) });
  if (verb === 'noise') writeRaw(Buffer.from(`${content}\n`));
  if (verb === 'endless') for (let count = 0; count < 1024; count++) writeRaw(Buffer.alloc(1 << 20, verb));
  if (verb in UNASKED) repeat({ job, ...UNASKED[verb] });
  if (verb === 'pieces') {
    repeat({ type: 'text', job, text: 'x' }, Number(first));
    return 'stop';
  }
  if (verb === 'leak') {
    writeFileSync(`${tmpdir()}/leak-${process.pid}`, content);
    process.title = content;
  }
  if (verb === 'refuse') {
    send({ type: 'refused', job, reason: first });
    return null;
  }
  if (verb === 'say') {
    const begun = performance.now();
    for (let word = 0; word < Number(first); word++) {
      if (signal.aborted) return 'aborted';
      send({ type: 'text', job, text: `word${word} ` });
      // At the time that it is due, not that much after the last: timers of a busy machine are late.
      await wait(begun + (word + 1) * Number(second) - performance.now());
    }
    return 'stop';
  }
  if (verb === 'silent') {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return 'aborted';
  }
  send({ type: 'text', job, text: content });
  return 'stop';
}

async function generate(job: number, chat: PlainJob): Promise<void> {
  const controller = new AbortController();
  running.set(job, controller);
  if (chat.grammar !== null) send({ type: 'compiled', job });
  const content = chat.messages.at(-1)?.content ?? '';
  const finish = await act(job, content, controller.signal);
  running.delete(job);
  const completionTokens = content.startsWith('say ') ? Number(content.split(' ')[1]) : 7;
  if (finish !== null) send({ type: 'end', job, finish, promptTokens: 7, completionTokens });
}

const tell = openLine<EngineCommand, SentReport>(
  (command) => {
    if (command.type === 'start') send({ type: 'ready' });
    else if (command.type === 'ping') send({ type: 'pong' });
    else if (command.type === 'generate') void generate(command.job, command.chat);
    else if (command.type === 'abort') running.get(command.job)?.abort();
  },
  () => process.exit(0),
);
