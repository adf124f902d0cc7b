import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../enclave-server/engine/engine.ts';
import { demoEngine } from '../../support/enclave.ts';

const never = new AbortController().signal;
const LONG = 'Explain how Waxseal works in detail';

describe('chats of one model', { timeout: 120_000 }, () => {
  let engine: Engine;
  const happened: string[] = [];
  beforeAll(async () => {
    engine = await demoEngine({ sequences: 4 });
  }, 120_000);
  afterAll(() => engine.stop());

  async function answer(session: number, content: string): Promise<void> {
    let begun = false;
    const job = {
      session,
      model: 'waxseal-demo',
      maxTokens: 512,
      temperature: 0,
      topP: 1,
      stop: [],
      seed: 1,
    };
    const onText = () => {
      if (!begun) happened.push(`${session} begins`);
      begun = true;
    };
    await engine.generate({ ...job, messages: [{ role: 'user', content }] }, onText, never);
    happened.push(`${session} ends`);
  }

  it('begin while others are being answered, though every place holds an earlier session', async () => {
    for (const session of [1, 2, 3, 4]) await answer(session, 'What is 7 + 5?');
    happened.length = 0;
    const others = [1, 2, 3].map((session) => answer(session, LONG));
    await expect.poll(() => happened.length, { timeout: 30_000, interval: 1 }).toBe(3);
    const late = answer(5, LONG);
    await Promise.all([...others, late]);
    // The place of session 4 is taken for it at once, not when the last of the others is finished.
    const begins = happened.indexOf('5 begins');
    expect(happened.slice(0, begins).filter((event) => event.endsWith('ends'))).toEqual([]);
  });
});
