import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { signerFromSeed } from '../../../protocol/log/signer.ts';
import { logOfKey, parseLogList } from '../../../transparency-log/witness/log-list.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

const vectors = sharedVectors('tlog');
const one = signerFromSeed('log.example/one', 1, new Uint8Array(32).fill(1)).verifierKey;
const two = signerFromSeed('log.example/two', 1, new Uint8Array(32).fill(2)).verifierKey;

describe('a list of logs', () => {
  it('names each log by key, origin and requests per day', () => {
    const text = `# a comment\nlogs/v0\n\nvkey ${one.text}\norigin none\nqpd 24\ncontact nobody\n\nvkey ${two.text}\norigin Some log\nbastion none\n`;
    expect(parseLogList(text)).toEqual([
      { origin: 'log.example/one', key: one, requestsPerDay: 24 },
      { origin: 'Some log', key: two, requestsPerDay: null },
    ]);
  });

  it.each([
    ['no header', `vkey ${one.text}\n`],
    ['a line before the first log', `logs/v0\nqpd 5\nvkey ${one.text}\n`],
    ['an unknown word', `logs/v0\nvkey ${one.text}\ncolour red\n`],
    ['no requests at all', `logs/v0\nvkey ${one.text}\nqpd 0\n`],
    ['requests that are no number', `logs/v0\nvkey ${one.text}\nqpd many\n`],
    ['an empty origin', `logs/v0\nvkey ${one.text}\norigin \n`],
  ])('is refused with %s', (_, text) => {
    expect(() => parseLogList(text)).toThrow('WAX_WITNESS_LOG_LIST');
  });

  it('is refused with the key of a witness for a log', () => {
    const witness = signerFromSeed('witness.example', 4, new Uint8Array(32)).verifierKey;
    expect(() => logOfKey(witness.text)).toThrow('WAX_WITNESS_LOG_LIST');
    expect(() => parseLogList('logs/v0\nvkey nonsense\n')).toThrow('WAX_LOG_KEY');
  });

  it.skipIf(vectors === null)('of the public witness network is read', () => {
    const logs = parseLogList(readFileSync(`${vectors}witness/witness-network-testing-log-list.txt`, 'utf8'));
    expect(logs.length).toBeGreaterThan(5);
    expect(logs.every(({ requestsPerDay }) => (requestsPerDay ?? 0) > 0)).toBe(true);
  });
});
