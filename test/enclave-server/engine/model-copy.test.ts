import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { holdModel } from '../../../enclave-server/engine/model-copy.ts';

const folder = mkdtempSync(join(tmpdir(), 'waxseal-test-'));
const path = join(folder, 'm.gguf');
const bytes = Buffer.alloc(3 << 20, 'model');
const sha256 = createHash('sha256').update(bytes).digest('hex');

describe('holdModel', () => {
  it('keeps the bytes that were hashed, whatever the disk says later', async () => {
    writeFileSync(path, bytes);
    const copy = await holdModel(path, sha256);
    writeFileSync(path, 'another model');
    const held = readFileSync(copy.pathInChild(copy.fd ?? 0));
    expect(held.equals(bytes)).toBe(true);
    await copy.close();
  });

  it.skipIf(process.platform !== 'linux')(
    'has no name that could be opened or left behind, and cannot be written',
    async () => {
      writeFileSync(path, bytes);
      const copy = await holdModel(path, sha256);
      expect(readlinkSync(copy.pathInChild(copy.fd ?? 0))).toMatch(/ \(deleted\)$/);
      expect(() => writeSync(copy.fd ?? 0, 'x')).toThrow('EBADF');
      await copy.close();
    },
  );

  it('refuses a file with one other byte, and one that is not there', async () => {
    const changed = Buffer.from(bytes);
    changed[2_000_000] = 1;
    writeFileSync(path, changed);
    await expect(holdModel(path, sha256)).rejects.toThrow('WAX_ENCLAVE_MODEL');
    await expect(holdModel(join(folder, 'none'), sha256)).rejects.toThrow('WAX_ENCLAVE_MODEL');
  });
});
