/**
 * In the place of the engine process of a built server: does what the last message of a chat tells it to, good or
 * bad. It speaks the server's own protocol (enclave-server/engine/messages.ts) and knows no model.
 *
 *   say COUNT MS    COUNT words, one each MS milliseconds, then ends
 *   call            the same as JSON, where a call of a tool is wanted
 *   refuse REASON   too-long, busy or format
 *   abort, exit, throw, garbage, flood, noise, endless, silent
 *   leak            writes the message to a file and to standard error, as no engine may: for controls
 *
 * Anything else is said back.
 */
import { writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { openChannel } from '../../../enclave-server/engine/child-channel.ts';
import { CHANNEL, type PlainJob, type SentReport } from '../../../enclave-server/engine/messages.ts';

const running = new Map<number, AbortController>();
/** Also what is no report. */
const send = (report: SentReport | { type: string; [name: string]: unknown }) => tell(report as SentReport);

/** Past what frames the messages. */
async function writeRaw(bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(CHANNEL, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') process.exit(4);
      await wait(1);
    }
  }
}

/** True when the job ends as usual; what is bad about the others has happened by then. */
async function act(job: number, content: string, signal: AbortSignal): Promise<'stop' | 'aborted' | null> {
  const [verb, first = '', second = ''] = content.split(' ');
  if (verb === 'abort') process.abort();
  if (verb === 'exit') process.exit(3);
  if (verb === 'throw') setImmediate(() => Promise.reject(new Error(content)));
  if (verb === 'garbage') send({ type: 'text', job, text: { content } });
  if (verb === 'flood')
    send({ type: 'text', job, text: content.repeat(1 + Math.ceil(70_000 / content.length)) });
  if (verb === 'noise') await writeRaw(Buffer.from(`${content}\n`));
  if (verb === 'endless')
    for (let count = 0; count < 1024; count++) await writeRaw(Buffer.alloc(1 << 20, verb));
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

const tell = openChannel(
  (command) => {
    if (command.type === 'start') send({ type: 'ready' });
    else if (command.type === 'ping') send({ type: 'pong' });
    else if (command.type === 'generate') void generate(command.job, command.chat);
    else if (command.type === 'abort') running.get(command.job)?.abort();
  },
  () => process.exit(0),
);
