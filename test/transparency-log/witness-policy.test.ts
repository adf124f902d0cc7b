import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatTlogPolicy } from '../../protocol/log/tlog-policy.ts';
import { anyOf, parseWitnessPolicy, WitnessPolicy } from '../../transparency-log/witness-policy.ts';
import { LogBuilder } from '../support/log-builder.ts';
import { LogWorld, submit } from '../support/log-server.ts';

const { witnesses } = await LogBuilder.create({ witnesses: 4, quorum: 3 });
const endpoints = witnesses.map(({ verifierKey }, i) => ({ key: verifierKey, url: `https://w${i}.example` }));
const vkeys = endpoints.map(({ key }) => key.text);
const file = (...lines: string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''));

describe('witnesses.policy', () => {
  it('reads what is written for any so many of the witnesses', () => {
    const policy = parseWitnessPolicy(formatTlogPolicy(anyOf(endpoints, 3)));
    expect(policy.endpoints).toEqual(endpoints);
    expect([policy.least, policy.threshold]).toEqual([3, 3]);
  });

  it('counts by the names of keys, whatever the file calls the witnesses', () => {
    const policy = parseWitnessPolicy(
      file(
        `witness ours ${vkeys[0]} https://w0.example`,
        `witness theirs ${vkeys[1]} https://w1.example`,
        `witness other ${vkeys[2]} https://w2.example`,
        'group not-ours any theirs other',
        'group all-of-us all ours not-ours',
        'quorum all-of-us',
      ),
    );
    expect([policy.least, policy.threshold]).toEqual([2, null]);
    expect(policy.isQuorum(['witness-0.example', 'witness-2.example'])).toBe(true);
    expect(policy.isQuorum(['witness-1.example', 'witness-2.example'])).toBe(false);
    expect(policy.isQuorum(['ours', 'theirs'])).toBe(false);
  });

  const [w0, w1] = [`witness a ${vkeys[0]} https://w0.example`, `witness b ${vkeys[1]} https://w1.example`];
  const renamed = vkeys[1]?.replace('witness-1.example', 'witness-0.example');
  it.each([
    ['a witness without an address', [`witness a ${vkeys[0]}`, 'quorum a']],
    ['an address of another kind', [`witness a ${vkeys[0]} ftp://w0.example`, 'quorum a']],
    ['an address with a slash at its end', [`witness a ${vkeys[0]} https://w0.example/`, 'quorum a']],
    ['no quorum needed', [w0, 'quorum none']],
    ['two witnesses of whom either is enough', [w0, w1, 'group g any a b', 'quorum g']],
    ['a key whose ID does not fit its name', [w0, `witness b ${renamed} https://w1.example`, 'quorum a']],
    ['text that is no policy', ['{"witnesses":[]}']],
  ])('is refused with %s', (_, lines) => {
    expect(() => parseWitnessPolicy(file(...lines))).toThrow('WAX_LOGSERVER_CONFIG');
  });

  it.each([0, 1, 2, 5, 2.5, Number.NaN])('is not made for a quorum of %d of 4', (quorum) => {
    expect(() => new WitnessPolicy(anyOf(endpoints, quorum))).toThrow('WAX_LOGSERVER_CONFIG');
  });
});

describe('a log whose witnesses stand in groups', () => {
  let world: LogWorld;
  beforeEach(async () => {
    world = await LogWorld.create();
  });
  afterEach(() => world.close());

  it('publishes with the first and one of the others, and not with the two others alone', async () => {
    const [a, b, c] = world.endpoints.map(({ url, key }, i) => `witness w${i} ${key.text} ${url}`);
    const lines = [a, b, c, 'group others any w1 w2', 'group both all w0 others', 'quorum both'];
    const app = await world.start({
      witnesses: parseWitnessPolicy(file(...lines.map(String))),
      submitWaitMs: 500,
    });
    await world.stopWitness(2);
    expect((await submit(app, await world.release(1))).statusCode).toBe(201);
    await world.startWitness(2);
    await world.stopWitness(0);
    expect((await submit(app, await world.release(2))).statusCode).toBe(202);
    const { problem, quorum } = (await app.inject('/api/v1/status')).json();
    expect([problem.code, quorum]).toEqual(['WAX_LOGSERVER_NO_QUORUM', 2]);
    expect((await app.inject('/checkpoint')).body.split('\n')[1]).toBe('2');
    await world.startWitness(0);
    await expect
      .poll(async () => (await app.inject('/checkpoint')).body.split('\n')[1], { timeout: 20_000 })
      .toBe('3');
  });
});
