import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fetchDebian } from '../../image/debian.ts';
import type { DebianPackage } from '../../image/pins.ts';

const scratch = mkdtempSync(join(tmpdir(), 'waxseal-debian-'));
const content = Buffer.from('a package');
const wanted: DebianPackage = {
  ...{ name: 'thing', version: '1', license: 'MIT', path: 'pool/main/t/thing_1~bpo+1_amd64.deb' },
  sha256: createHash('sha256').update(content).digest('hex'),
};
let served: Buffer | null = content;
let asked: string[] = [];
let server: Server;
let mirror: string;
let cache: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(served === null ? 404 : 200).end(served);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/debian`;
});
afterAll(() => {
  server.close();
  rmSync(scratch, { recursive: true });
});
beforeEach(() => {
  served = content;
  asked = [];
  cache = mkdtempSync(join(scratch, 'cache-'));
});

describe('a package of Debian', () => {
  it('is fetched once, by its path, and kept', async () => {
    const path = await fetchDebian(wanted, { cache, mirror, offline: false });
    expect(readFileSync(path)).toEqual(content);
    expect(await fetchDebian(wanted, { cache, mirror, offline: true })).toBe(path);
    expect(asked).toEqual(['/debian/pool/main/t/thing_1~bpo+1_amd64.deb']);
  });

  it('is refused with other bytes, and those are not kept', async () => {
    served = Buffer.from('another package');
    await expect(fetchDebian(wanted, { cache, mirror, offline: false })).rejects.toThrow('WAX_IMAGE_INPUT');
    await expect(fetchDebian(wanted, { cache, mirror, offline: true })).rejects.toThrow('WAX_IMAGE_FETCH');
  });

  it('is refused where the kept file was changed, which then is gone', async () => {
    const path = await fetchDebian(wanted, { cache, mirror, offline: false });
    writeFileSync(path, 'changed');
    await expect(fetchDebian(wanted, { cache, mirror, offline: false })).rejects.toThrow('WAX_IMAGE_INPUT');
    expect(existsSync(path)).toBe(false);
  });

  it('is missing where the archive does not have it, with a word on what to do', async () => {
    served = null;
    await expect(fetchDebian(wanted, { cache, mirror, offline: false })).rejects.toThrow('--mirror');
  });
});
