import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Reply } from '../../enclave-server/reply.ts';
import { Ticker } from '../../enclave-server/ticker.ts';
import type { OpenedTurn } from '../../protocol/session/server-turn.ts';
import { chat, openedTurn, summary } from '../support/session.ts';

/** A connection whose reader takes nothing until it is told to. */
class FakeResponse extends EventEmitter {
  writableLength = 0;
  destroyed = false;
  readonly records: Uint8Array[] = [];
  ended = false;
  reading = true;

  write(record: Uint8Array): boolean {
    this.records.push(record);
    if (!this.reading) this.writableLength += record.length;
    return true;
  }

  end(): this {
    this.ended = true;
    if (this.writableLength === 0) this.emit('close');
    return this;
  }

  destroy(): this {
    this.emit('close');
    return this;
  }
}

/** A ticker that beats when the test says so. */
class ManualTicker extends Ticker {
  readonly members = new Set<() => void>();

  constructor() {
    super(50, () => 0);
  }

  override add(tick: () => void): () => void {
    this.members.add(tick);
    return () => this.members.delete(tick);
  }

  beat(times = 1): void {
    for (let time = 0; time < times; time++) for (const tick of [...this.members]) tick();
  }
}

async function reply(mode: 'steady' | 'block' = 'steady', response = new FakeResponse()) {
  const opened = await openedTurn(
    chat(mode),
    {},
    { wire: { tickMs: 50, recordBytes: 160, maxRecords: 256 } },
  );
  const turn: OpenedTurn = opened.turn;
  const ticker = new ManualTicker();
  const seen: string[] = [];
  const clock = { at: 0 };
  const made = new Reply({
    response: response as unknown as ConstructorParameters<typeof Reply>[0]['response'],
    writer: turn.reply,
    ticker,
    recordBytes: 160,
    now: () => clock.at,
    onSent: () => {},
    onFinished: () => seen.push('finished'),
    onLost: (reason) => seen.push(reason),
  });
  return { made, writer: turn.reply, reader: opened.reply, response, ticker, seen, clock };
}

describe('a steady reply', () => {
  it('sends one record at once and one each tick, whatever the engine does, up to a permitted number', async () => {
    const { writer, reader, response, ticker, seen } = await reply();
    expect(response.records).toHaveLength(1);
    ticker.beat(3);
    expect(response.records).toHaveLength(4);
    writer.push({ kind: 'text', text: 'Hello' });
    writer.push({ kind: 'text', text: ' there' });
    ticker.beat();
    expect(response.records).toHaveLength(5);
    writer.finish(summary());
    ticker.beat(100);
    expect(response.records).toHaveLength(16);
    expect(new Set(response.records.map((record) => record.length))).toEqual(new Set([160]));
    expect(seen).toEqual(['finished']);
    expect(ticker.members.size).toBe(0);
    for (const record of response.records) reader.push(record);
    expect(reader.close()).toMatchObject({ state: 'complete', session: 'kept' });
  });

  it('drops a reader with more than 64 unsent records', async () => {
    const { response, ticker, seen } = await reply();
    response.reading = false;
    ticker.beat(64);
    expect(seen).toEqual([]);
    ticker.beat(2);
    expect(seen).toEqual(['stalled']);
    expect(ticker.members.size).toBe(0);
  });

  it('drops a reader that takes nothing for 30 seconds, but not a slow one', async () => {
    const { response, ticker, seen, clock } = await reply();
    response.reading = false;
    for (let second = 0; second < 29; second++) {
      clock.at += 1000;
      ticker.beat();
    }
    expect(seen).toEqual([]);
    response.writableLength -= 160;
    clock.at += 1000;
    ticker.beat();
    expect(seen).toEqual([]);
    clock.at += 30_000;
    ticker.beat();
    expect(seen).toEqual(['stalled']);
  });

  it('watches the reader after FIN, too, until the last byte is gone', async () => {
    const { writer, response, ticker, seen, clock } = await reply();
    writer.finish(summary());
    response.reading = false;
    ticker.beat(20);
    expect(seen).toEqual(['finished']);
    expect(ticker.members.size).toBe(1);
    clock.at += 31_000;
    ticker.beat();
    expect(seen).toEqual(['finished']);
    expect(ticker.members.size).toBe(0);
  });

  it('says that the reader is gone, once', async () => {
    const { response, ticker, seen } = await reply();
    response.emit('close');
    response.emit('close');
    ticker.beat(5);
    expect(seen).toEqual(['disconnected']);
    expect(response.records).toHaveLength(1);
  });

  it.each(['steady', 'block'] as const)(
    'is lost at once to a reader that left before it began: %s',
    async (mode) => {
      const gone = new FakeResponse();
      gone.destroyed = true;
      const { response, ticker, seen } = await reply(mode, gone);
      expect(seen).toEqual(['disconnected']);
      expect(ticker.members.size).toBe(0);
      expect(response.records).toEqual([]);
    },
  );

  it('cuts the connection when the keys were erased under way', async () => {
    const { writer, response, ticker, seen } = await reply();
    writer.erase();
    ticker.beat();
    expect(seen).toEqual(['disconnected']);
    expect(response.ended).toBe(false);
  });
});

describe('a block', () => {
  it('sends nothing before it is complete, and then everything', async () => {
    const { made, writer, reader, response, ticker, seen } = await reply('block');
    ticker.beat(50);
    expect(response.records).toEqual([]);
    writer.push({ kind: 'result', bytes: new TextEncoder().encode('{"a":1}') });
    writer.finish(summary());
    made.settle();
    ticker.beat();
    expect(response.records.map((record) => record.length)).toEqual([4096, 4096, 4096, 4096]);
    expect(seen).toEqual(['finished']);
    for (const record of response.records) reader.push(record);
    expect(reader.close()).toMatchObject({ state: 'complete' });
  });
});
