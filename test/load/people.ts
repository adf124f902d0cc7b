/**
 * People who chat with a server: each opens a session, asks, reads to the end, thinks, asks again, and now and then
 * leaves in the middle of an answer. Runs in a process of its own, so that its work is not the server's.
 *
 *   node people.ts URL COUNT SECONDS LEAVE THINK
 *
 * LEAVE: one question of so many is left in the middle of its answer, 0 for none. THINK: longest pause in milliseconds.
 * Prints one JSON object. Of each request that was refused or failed it says what is known on this side, since the
 * server gives no reasons.
 */
import { argv } from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import type { ClientSession } from '../../protocol/session/client-session.ts';
import { chat, openSession, postTurn } from '../support/enclave.ts';

const [url = '', count = '1', seconds = '10', leave = '0', think = '0'] = argv.slice(2);
const begunAt = performance.now();
const until = begunAt + 1000 * Number(seconds);
const ends: { [how: string]: number } = {};
const setUps: number[] = [];
const firstRecords: number[] = [];
const firstWords: number[] = [];
const gaps: number[] = [];
let words = 0;

interface Refusal {
  how: string;
  /** 0 for the first of a session; null for an offer. */
  turn: number | null;
  /** Of a turn's refusal: 32 where the server looked at the turn, 0 where it refused the connection. */
  'bytes of the body': number | null;
  'session opened s ago': number | null;
  'left the answer before': boolean;
  'waited ms': number;
  /** Who connects and then does not get to work is refused for it. */
  'this process stood still ms': number;
  'second of the run': number;
}
const MOST_REFUSALS = 50;
const refusals: Refusal[] = [];

const BEAT_MS = 100;
const PAUSES_KEPT_MS = 60_000;
let pauses: { at: number; ms: number }[] = [];
let beat = performance.now();
setInterval(() => {
  const now = performance.now();
  pauses = pauses.filter(({ at }) => now - at < PAUSES_KEPT_MS);
  if (now - beat > 5 * BEAT_MS) pauses.push({ at: now, ms: now - beat });
  beat = now;
}, BEAT_MS).unref();

interface Person {
  client: ClientSession | null;
  openedAt: number;
  /** The last answer was left in the middle. */
  left: boolean;
}

const note = (how: string) => {
  ends[how] = (ends[how] ?? 0) + 1;
};

function refused(
  { client, openedAt, left }: Person,
  how: string,
  sentAt: number,
  bytes: number | null,
): void {
  note(how);
  if (refusals.length === MOST_REFUSALS) return;
  const now = performance.now();
  refusals.push({
    how,
    turn: client === null ? null : client.turns - 1,
    'bytes of the body': bytes,
    'session opened s ago': client === null ? null : Math.round((now - openedAt) / 1000),
    'left the answer before': left,
    'waited ms': Math.round(now - sentAt),
    'this process stood still ms': Math.round(Math.max(0, now - beat, ...pauses.map(({ ms }) => ms))),
    'second of the run': Math.round((now - begunAt) / 1000),
  });
}

/** One question; false when the session is over with it. */
async function ask(person: Person, client: ClientSession, leaves: boolean): Promise<boolean> {
  const { body, path, reply } = client.startTurn(chat('say 40 25'));
  const begun = performance.now();
  const reader = new AbortController();
  const response = await postTurn(url, path, body, reader.signal);
  if (response.status !== 200) {
    const { byteLength } = await response.arrayBuffer();
    refused(person, `status ${response.status}`, begun, byteLength);
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
  person.left = leaves && outcome.state === 'cut-off';
  if (person.left) note('left');
  else if (outcome.state === 'complete') note(outcome.state);
  else refused(person, outcome.state === 'failed' ? outcome.error : (outcome.code ?? 'cut off'), begun, null);
  return outcome.session === 'kept';
}

async function live(number: number): Promise<void> {
  let turn = number;
  const person: Person = { client: null, openedAt: 0, left: false };
  while (performance.now() < until) {
    let begun = performance.now();
    try {
      person.client = null;
      const { client } = await openSession(url);
      person.client = client;
      person.openedAt = performance.now();
      setUps.push(person.openedAt - begun);
      for (let asked = 0; asked < 4 && performance.now() < until; asked++) {
        turn++;
        begun = performance.now();
        if (!(await ask(person, client, leave !== '0' && turn % Number(leave) === 0))) break;
        await wait(Math.random() * Number(think));
      }
      client.end();
    } catch (error) {
      const { message, cause } = error instanceof Error ? error : new Error('error');
      const code = typeof cause === 'object' && cause !== null && 'code' in cause ? ` (${cause.code})` : '';
      refused(person, message + code, begun, null);
      await wait(200);
    }
  }
}

function spread(values: number[]) {
  const sorted = values.sort((a, b) => a - b);
  const at = (q: number) => Math.round(sorted[Math.floor(q * (sorted.length - 1))] ?? 0);
  return { median: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1), of: values.length };
}

await Promise.all(Array.from({ length: Number(count) }, (_, number) => live(number)));
console.log(
  JSON.stringify({
    ends,
    refusals,
    words,
    ms: {
      'set-up': spread(setUps),
      'first record': spread(firstRecords),
      'first word': spread(firstWords),
      'between records': spread(gaps),
    },
  }),
);
