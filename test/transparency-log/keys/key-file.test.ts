import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyFile, readKeyFile } from '../../../transparency-log/keys/key-file.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waxseal-key-'));
  path = join(folder, 'deep', 'signing.key');
});

afterEach(() => rm(folder, { recursive: true }));

describe('a key file', () => {
  it('gives back the key that was made, readable by its owner only', async () => {
    const made = await createKeyFile(path, 'witness.example', 4);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const read = await readKeyFile(path, 4);
    expect(read.verifierKey).toEqual(made.verifierKey);
    expect(await read.sign(Uint8Array.of(1))).toEqual(await made.sign(Uint8Array.of(1)));
  });

  it('is never overwritten', async () => {
    await createKeyFile(path, 'witness.example', 4);
    const before = await readFile(path, 'utf8');
    await expect(createKeyFile(path, 'witness.example', 4)).rejects.toThrow('WAX_KEYFILE_EXISTS');
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  it('is refused when others can read it', async () => {
    await createKeyFile(path, 'witness.example', 4);
    await chmod(path, 0o640);
    await expect(readKeyFile(path, 4)).rejects.toThrow('WAX_KEYFILE_MODE');
  });

  it('is refused for another kind of signature', async () => {
    await createKeyFile(path, 'log.example', 1);
    await expect(readKeyFile(path, 4)).rejects.toThrow('WAX_KEYFILE_TYPE');
  });

  it('is refused when it is missing or damaged, without showing what is in it', async () => {
    await expect(readKeyFile(path, 4)).rejects.toThrow('WAX_KEYFILE_MISSING');
    await createKeyFile(path, 'witness.example', 4);
    const secret = (await readFile(path, 'utf8')).trim();
    for (const damaged of [secret.slice(0, -1), secret.replace('witness', 'wetness'), 'secret words', '']) {
      await writeFile(path, damaged);
      const error = await readKeyFile(path, 4).catch((reason: Error) => reason);
      expect(error).toMatchObject({ code: 'WAX_KEYFILE_FORM' });
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(secret.slice(-30));
    }
  });
});
