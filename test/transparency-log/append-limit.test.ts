import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppendLimit } from '../../transparency-log/append-limit.ts';
import { isNamed } from '../../transparency-log/etags.ts';
import { LogWorld, submit } from '../support/log-server.ts';

describe('the limit on refused submissions', () => {
  let now = 0;
  beforeEach(() => {
    now = 1_000_000;
  });
  const limit = (addresses = 4) => new AppendLimit({ burst: 3, perSecond: 0.5, addresses }, () => now);

  it('lets an address be refused as often as its burst, and says how long it must wait then', () => {
    const counted = limit();
    for (let refusal = 0; refusal < 3; refusal++) {
      expect(counted.waitFor('192.0.2.1')).toBe(0);
      counted.charge('192.0.2.1');
    }
    expect(counted.waitFor('192.0.2.1')).toBe(2000);
    expect(counted.waitFor('192.0.2.2')).toBe(0);
    now += 1999;
    expect(counted.waitFor('192.0.2.1')).toBe(1);
    now += 1;
    expect(counted.waitFor('192.0.2.1')).toBe(0);
  });

  it('never gives back more than a burst, nor lets an address owe more than one', () => {
    const counted = limit();
    for (let refusal = 0; refusal < 1000; refusal++) counted.charge('192.0.2.1');
    expect(counted.waitFor('192.0.2.1')).toBe(8000);
    now += 1e9;
    for (let refusal = 0; refusal < 3; refusal++) counted.charge('192.0.2.1');
    expect(counted.waitFor('192.0.2.1')).toBe(2000);
  });

  it('gives nothing for a clock that was set back', () => {
    const counted = limit();
    for (let refusal = 0; refusal < 3; refusal++) counted.charge('192.0.2.1');
    now -= 500_000;
    expect(counted.waitFor('192.0.2.1')).toBe(2000);
  });

  it('remembers only so many addresses, and forgets the one that was charged longest ago', () => {
    const counted = limit(2);
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.1']) counted.charge(address);
    for (let other = 0; other < 1000; other++) counted.charge(`198.51.100.${other}`);
    expect(counted.size).toBe(2);
    expect(counted.waitFor('192.0.2.1')).toBe(0);
  });

  it('counts all addresses of one IPv6 customer together', () => {
    const counted = limit();
    for (let host = 1; host <= 3; host++) counted.charge(`2001:db8:1:2::${host}`);
    expect(counted.waitFor('2001:db8:1:2:ffff::9')).toBe(2000);
    expect(counted.waitFor('2001:db8:1:3::1')).toBe(0);
  });

  it('takes any text for an address without failing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.ipV6(), fc.ipV4()), (text) => {
        const counted = limit();
        counted.charge(text);
        expect(counted.waitFor(text)).toBe(0);
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});

describe('If-None-Match', () => {
  it('names a tag only whole, and any text is read without failing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const isAny = text.trim() === '*';
        const isPart = text.split(',').some((part) => ['"abc"', 'W/"abc"'].includes(part.trim()));
        expect(isNamed(text, '"abc"')).toBe(isAny || isPart);
      }),
      { seed: 4, numRuns: 500, examples: [['"abc"'], ['W/"abc", "x"'], ['"ab'], ['abc'], [' * ']] },
    );
  });
});

describe('a log that is sent nonsense', () => {
  let world: LogWorld;
  let app: FastifyInstance;
  beforeEach(async () => {
    world = await LogWorld.create();
    app = await world.start({ appendLimit: { burst: 3, perSecond: 0.001 }, proxy: '127.0.0.1' });
  });
  afterEach(() => world.close());

  const send = (body: Buffer, from: string) =>
    app.inject({
      method: 'POST',
      url: '/api/v1/entries',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
      body,
    });
  const nonsense = Buffer.from('{}');

  it('listens no more to who sent it, with 429 and the time to wait, and goes on for everybody else', async () => {
    for (let time = 0; time < 3; time++) expect((await send(nonsense, '192.0.2.1')).statusCode).toBe(400);
    const release = Buffer.from(await world.release(1));
    const limited = await send(release, '192.0.2.1');
    expect([limited.statusCode, limited.json().code]).toEqual([429, 'WAX_LOGSERVER_RATE']);
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(900);
    expect((await send(release, '192.0.2.2')).statusCode).toBe(201);
    const get = { url: '/api/v1/entries', headers: { 'x-forwarded-for': '192.0.2.1' } };
    expect((await app.inject(get)).statusCode).toBe(200);
  });

  it('never counts what it takes, nor what is read', async () => {
    const release = Buffer.from(await world.release(1));
    for (let time = 0; time < 5; time++)
      expect((await send(release, '192.0.2.1')).statusCode).toBeLessThan(300);
    for (let time = 0; time < 5; time++) {
      const get = { url: '/api/v1/entries/99', headers: { 'x-forwarded-for': '192.0.2.1' } };
      expect((await app.inject(get)).statusCode).toBe(404);
    }
    expect((await send(Buffer.from(await world.release(2)), '192.0.2.1')).statusCode).toBe(201);
  });

  it('believes nobody else about who asks', async () => {
    const direct = await LogWorld.create();
    const server = await direct.start({ appendLimit: { burst: 1, perSecond: 0.001 } });
    const forged = (from: string) =>
      server.inject({
        method: 'POST',
        url: '/api/v1/entries',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
        body: nonsense,
      });
    expect((await forged('192.0.2.1')).statusCode).toBe(400);
    expect((await forged('192.0.2.2')).statusCode).toBe(429);
    expect((await submit(server, await direct.release(1))).statusCode).toBe(429);
    await direct.close();
  });
});
