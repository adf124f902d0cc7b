import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { concatBytes } from '../../../protocol/bytes.ts';
import { entriesPath, TILE_WIDTH, tilePath } from '../../../protocol/log/tiles.ts';
import { consistencyProof, inclusionProof } from '../../../protocol/log/tree.ts';
import { LogBuilder } from '../../support/log-builder.ts';

const SLOW = process.env.SLOW === '1';
const GOPATH = '/usr/share/gocode';
const available =
  spawnSync('go', ['version']).status === 0 && existsSync(join(GOPATH, 'src/golang.org/x/mod/sumdb/tlog'));
if (!available) {
  process.stderr.write('skipped: Go is not installed (apt-get install golang-go golang-golang-x-mod-dev)\n');
}

let work: string;
const program = () => join(work, 'sumdb');

/** All tiles of a tree, the last of each level as wide as it is. */
function tilesOf(size: number): string[] {
  const paths: string[] = [];
  for (let start = 0; start < size; start += TILE_WIDTH) {
    paths.push(entriesPath(start / TILE_WIDTH, Math.min(TILE_WIDTH, size - start)));
  }
  for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / TILE_WIDTH)) {
    for (let start = 0; start < count; start += TILE_WIDTH) {
      paths.push(tilePath(level, start / TILE_WIDTH, Math.min(TILE_WIDTH, count - start)));
    }
  }
  return paths;
}

const record = (proof: Uint8Array[]) => concatBytes(Uint8Array.of(proof.length), ...proof);

/** Writes what the log serves, and the proofs that our own code makes of it. */
async function write(builder: LogBuilder, folder: string): Promise<void> {
  const { size, hashAt } = builder;
  for (const path of ['checkpoint', ...tilesOf(size)]) {
    const bytes = builder.file(path);
    if (bytes === null) throw new RangeError(`no ${path}`);
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  const numbers = Array.from({ length: size }, (_, index) => index);
  const inclusion = numbers.map((index) => record(inclusionProof(index, size, hashAt)));
  const consistency = numbers.map((index) => record(consistencyProof(index + 1, size, hashAt)));
  await writeFile(join(folder, 'inclusion.bin'), Buffer.concat(inclusion));
  await writeFile(join(folder, 'consistency.bin'), Buffer.concat(consistency));
}

function judge(builder: LogBuilder, folder: string) {
  const witnesses = builder.witnesses.map(({ verifierKey }) => verifierKey.text);
  const { status, stdout, stderr } = spawnSync(
    program(),
    [folder, builder.signer.verifierKey.text, ...witnesses],
    { encoding: 'utf8' },
  );
  return { status, text: stdout + stderr };
}

async function makeLog(size: number, folder: string): Promise<LogBuilder> {
  const builder = await LogBuilder.create();
  if (size > 1) await builder.release({ version: 1 });
  builder.fill(size - builder.size);
  await builder.publish();
  await write(builder, folder);
  return builder;
}

describe.skipIf(!available)("Go's checksum database packages", () => {
  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'waxseal-sumdb-'));
    const source = fileURLToPath(new URL('main.go', import.meta.url));
    const env = { ...process.env, GO111MODULE: 'off', GOPATH, GOCACHE: join(work, 'cache') };
    execFileSync('go', ['build', '-o', program(), source], { env });
  }, 300_000);
  afterAll(() => rm(work, { recursive: true, force: true }));

  it.each([1, 2, 255, 256, 257, 700])('accept a log of %i entries as a whole', async (size) => {
    const folder = join(work, String(size));
    const builder = await makeLog(size, folder);
    const { status, text } = judge(builder, folder);
    expect(text).toContain(`${size} entries, 3 witnesses, `);
    expect(status).toBe(0);
  });

  it.runIf(SLOW)('accept a log of 70,000 entries as a whole', { timeout: 600_000 }, async () => {
    const builder = await makeLog(70_000, join(work, 'large'));
    const { status, text } = judge(builder, join(work, 'large'));
    expect(text).toBe('70000 entries, 3 witnesses, 277 tiles, every inclusion, every consistency\n');
    expect(status).toBe(0);
  });

  it('refuse it as soon as one byte of any of its files is another', async () => {
    const folder = join(work, 'damaged');
    const builder = await makeLog(300, folder);
    expect(judge(builder, folder).status).toBe(0);
    for (const path of ['checkpoint', ...tilesOf(300), 'inclusion.bin', 'consistency.bin']) {
      const file = join(folder, path);
      const bytes = await readFile(file);
      const damaged = Uint8Array.from(bytes);
      damaged[bytes.length - 10] = (bytes[bytes.length - 10] ?? 0) ^ 1;
      await writeFile(file, damaged);
      expect(judge(builder, folder), path).toMatchObject({ status: 1 });
      await writeFile(file, bytes);
    }
  });

  it('refuse a checkpoint that one of the witnesses did not cosign', async () => {
    const folder = join(work, 'uncosigned');
    const builder = await makeLog(5, folder);
    await writeFile(join(folder, 'checkpoint'), await builder.sealCheckpoint({ by: [0, 1] }));
    expect(judge(builder, folder)).toEqual({ status: 1, text: 'checkpoint: 3 of 4 signatures\n' });
  });
});
