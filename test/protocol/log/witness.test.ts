import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { formatAddCheckpoint, parseAddCheckpoint } from '../../../protocol/log/witness.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

const vectors = sharedVectors('tlog');
const checkpoint = 'log.example\n5\nroot\n\n— log.example AAAA\n';

describe('add-checkpoint requests', () => {
  it('read back as they were written, the checkpoint verbatim', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.array(hash, { maxLength: 63 }), (oldSize, proof) => {
        const request = { oldSize, proof, checkpoint };
        expect(parseAddCheckpoint(formatAddCheckpoint(request))).toEqual(request);
      }),
      { seed: 1 },
    );
  });

  it('never throw anything but a coded error on other input', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (body) => {
        expect(() => parseAddCheckpoint(body)).toThrow('WAX_LOG_REQUEST');
      }),
      { seed: 2 },
    );
  });

  it.each([
    ['no empty line', 'old 0\n— log AAAA\n'],
    ['no old size', `\n${checkpoint}`],
    ['a leading zero', `old 01\n\n${checkpoint}`],
    ['two spaces', `old  1\n\n${checkpoint}`],
    ['a size of 64 bits', `old 18446744073709551615\n\n${checkpoint}`],
    ['a proof line of 31 bytes', `old 1\n${'A'.repeat(42)}==\n\n${checkpoint}`],
    ['carriage returns', `old 1\r\n\r\n${checkpoint}`],
    ['64 proof lines', `old 1\n${`${'A'.repeat(43)}=\n`.repeat(64)}\n${checkpoint}`],
  ])('are refused with %s', (_, body) => {
    expect(() => parseAddCheckpoint(utf8(body))).toThrow('WAX_LOG_REQUEST');
  });

  it('are not written with a proof longer than any tree needs', () => {
    const proof = Array.from({ length: 64 }, () => new Uint8Array(32));
    expect(() => formatAddCheckpoint({ oldSize: 1, proof, checkpoint })).toThrow('WAX_LOG_REQUEST');
  });

  it.skipIf(vectors === null)('of other makers are read and written back byte for byte', () => {
    const folder = `${vectors}own-log-300/witness-requests/`;
    for (const name of readdirSync(folder)) {
      const body = readFileSync(folder + name);
      expect(Buffer.from(formatAddCheckpoint(parseAddCheckpoint(body))).equals(body), name).toBe(true);
    }
  });
});
