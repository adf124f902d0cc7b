/** An engine process that somebody has taken over, and what it can do to the server by the line between them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoModel } from '../../../enclave-server/demo-config.ts';
import type { Engine } from '../../../enclave-server/engine/engine.ts';
import { demoEngine } from '../../support/enclave.ts';

const script = new URL('../../support/scripted/engine-child.ts', import.meta.url).pathname;

async function ask(
  engine: Engine,
  content: string,
  maxTokens = 300,
  listen: (piece: string) => void = () => {},
): Promise<string> {
  const chat = { session: 1, model: demoModel.id, messages: [{ role: 'user', content }] as const };
  const options = { maxTokens, temperature: 0, topP: 1, stop: [], seed: 1 };
  let text = '';
  const onText = (piece: string) => {
    text += piece;
    listen(piece);
  };
  await engine.generate({ ...chat, ...options }, onText, new AbortController().signal);
  return text;
}

describe.skipIf(process.platform !== 'linux')('an engine process that was taken over', () => {
  let engine: Engine;
  let loaded = 0;
  const ends: string[] = [];
  beforeAll(async () => {
    engine = await demoEngine({ script, onCrash: (how) => ends.push(how), onLoaded: () => loaded++ });
  });
  afterAll(() => engine.stop());

  it.each([
    ['sends a gigabyte of one line', 'endless'],
    ['sends what is no report', 'garbage'],
    ['sends what is not even JSON', 'noise'],
    ['sends more text at once than may be', 'flood'],
    ['sends more pieces than the answer has tokens', 'pieces 302'],
    ['sends text for a chat that there is not', 'strangers'],
    ['answers without an end that it is there', 'pongs'],
    ['says without an end that it is ready', 'readies'],
    ['says without an end that a grammar is ready', 'compiles'],
  ])('and %s is ended, costs little memory, and the one that waits takes over', async (_name, verb) => {
    // One that answers and one that waits.
    await expect.poll(() => loaded, { timeout: 60_000 }).toBe(2 + ends.length);
    const before = ends.length;
    const rss = process.memoryUsage().rss;
    let most = 0;
    const timer = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss - rss);
    }, 2);
    await expect(ask(engine, verb)).rejects.toThrow('WAX_ENGINE_FAILED');
    clearInterval(timer);
    expect(ends.slice(before)).toEqual(['crashed']);
    expect(most).toBeLessThan(256 << 20);
    expect(await ask(engine, 'Still there')).toBe('Still there');
  });

  it('and says at once all that it may say is heard in parts, with a look at the timers in between', async () => {
    const pieces = 400_000;
    let [heard, before, most] = [0, 0, 0];
    const timer = setInterval(() => {
      most = Math.max(most, heard - before);
      before = heard;
    }, 1);
    await ask(engine, `pieces ${pieces}`, pieces, (piece) => {
      heard += piece.length;
    });
    clearInterval(timer);
    expect(heard).toBe(pieces);
    // About 1,800 of them fit what is read from the line at once; unheeded, thirty times as many come in one go.
    expect(most).toBeLessThan(8_000);
  });
});
