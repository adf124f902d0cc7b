/**
 * People who chat with a server: each opens a session, asks, reads to the end, thinks, asks again, and now and then
 * leaves in the middle of an answer. Runs in a process of its own, so that its work is not the server's.
 *
 *   node people.ts URL COUNT SECONDS LEAVE THINK
 *
 * LEAVE: one question of so many is left in the middle of its answer, 0 for none. THINK: longest pause in milliseconds.
 * Prints one JSON object.
 */
import { argv } from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import type { ClientSession } from '../../protocol/session/client-session.ts';
import { chat, openSession, postTurn } from '../support/enclave.ts';

const [url = '', count = '1', seconds = '10', leave = '0', think = '0'] = argv.slice(2);
const until = performance.now() + 1000 * Number(seconds);
const ends: { [how: string]: number } = {};
const setUps: number[] = [];
const firstRecords: number[] = [];
const firstWords: number[] = [];
const gaps: number[] = [];
let words = 0;

const note = (how: string) => {
  ends[how] = (ends[how] ?? 0) + 1;
};

/** One question; false when the session is over with it. */
async function ask(client: ClientSession, leaves: boolean): Promise<boolean> {
  const { body, path, reply } = client.startTurn(chat('say 40 25'));
  const begun = performance.now();
  const reader = new AbortController();
  const response = await postTurn(url, path, body, reader.signal);
  if (response.status !== 200) {
    note(`status ${response.status}`);
    return false;
  }
  let before = 0;
  let said = 0;
  try {
    for await (const chunk of response.body ?? []) {
      const at = performance.now();
      if (before === 0) firstRecords.push(at - begun);
      else if (gaps.length < 200_000) gaps.push(at - before);
      before = at;
      for (const event of reply.push(chunk)) {
        if (event.kind !== 'text') continue;
        if (said === 0) firstWords.push(at - begun);
        said += event.text.split(' ').length - 1;
        if (leaves && said > 5) reader.abort();
      }
    }
  } catch (error) {
    if (!leaves) throw error;
  }
  words += said;
  const outcome = reply.close();
  note(
    leaves && outcome.state === 'cut-off'
      ? 'left'
      : outcome.state === 'failed'
        ? outcome.error
        : outcome.state,
  );
  return outcome.session === 'kept';
}

async function live(person: number): Promise<void> {
  let turn = person;
  while (performance.now() < until) {
    try {
      const begun = performance.now();
      const { client } = await openSession(url);
      setUps.push(performance.now() - begun);
      for (let asked = 0; asked < 4 && performance.now() < until; asked++) {
        turn++;
        if (!(await ask(client, leave !== '0' && turn % Number(leave) === 0))) break;
        await wait(Math.random() * Number(think));
      }
      client.end();
    } catch (error) {
      note(error instanceof Error ? error.message.replace(/\d+/g, 'N') : 'error');
      await wait(200);
    }
  }
}

function spread(values: number[]) {
  const sorted = values.sort((a, b) => a - b);
  const at = (q: number) => Math.round(sorted[Math.floor(q * (sorted.length - 1))] ?? 0);
  return { median: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1), of: values.length };
}

await Promise.all(Array.from({ length: Number(count) }, (_, person) => live(person)));
console.log(
  JSON.stringify({
    ends,
    words,
    ms: {
      'set-up': spread(setUps),
      'first record': spread(firstRecords),
      'first word': spread(firstWords),
      'between records': spread(gaps),
    },
  }),
);
