import { mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { enginePackages } from '../../enclave-server/engine/packages.ts';
import { type MeasuredFiles, simulatedLaunchDigest } from '../../enclave-server/measure.ts';

let root: string;
let files: MeasuredFiles;

const inputs = {
  'bundle/main.js': 'server',
  'bundle/engine-child.js': 'engine',
  'enclave.json': '{}',
  'models/a.gguf': 'model a',
  'models/b.gguf': 'model b',
  node: 'runtime',
  'node_modules/llama/package.json': '{"name":"llama"}',
  'node_modules/llama/bins/addon.node': 'native',
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'waxseal-measure-'));
  for (const [path, text] of Object.entries(inputs)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  files = {
    code: join(root, 'bundle'),
    config: join(root, 'enclave.json'),
    models: ['a', 'b'].map((id) => ({ id, path: join(root, `models/${id}.gguf`) })),
    runtime: join(root, 'node'),
    packages: [{ name: 'node_modules/llama', path: join(root, 'node_modules/llama') }],
  };
});

describe('simulatedLaunchDigest', () => {
  it('is 48 bytes, the same for the same files', async () => {
    const digest = await simulatedLaunchDigest(files);
    expect(digest).toMatch(/^[0-9a-f]{96}$/);
    expect(await simulatedLaunchDigest(files)).toBe(digest);
  });

  it.each(Object.keys(inputs))('changes with one byte of %s', async (path) => {
    const before = await simulatedLaunchDigest(files);
    const bytes = readFileSync(join(root, path));
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(join(root, path), bytes);
    expect(await simulatedLaunchDigest(files)).not.toBe(before);
  });

  it('changes when bytes move from one file to the next', async () => {
    const before = await simulatedLaunchDigest(files);
    writeFileSync(join(root, 'models/a.gguf'), 'model am');
    writeFileSync(join(root, 'models/b.gguf'), 'odel b');
    expect(await simulatedLaunchDigest(files)).not.toBe(before);
  });

  it('changes with a new file, a renamed file, and models in another order', async () => {
    const before = await simulatedLaunchDigest(files);
    const swapped = { ...files, models: [...files.models].reverse() };
    expect(await simulatedLaunchDigest(swapped)).not.toBe(before);
    renameSync(join(root, 'bundle/main.js'), join(root, 'bundle/other.js'));
    const renamed = await simulatedLaunchDigest(files);
    expect(renamed).not.toBe(before);
    writeFileSync(join(root, 'bundle/more.js'), '');
    expect(await simulatedLaunchDigest(files)).not.toBe(renamed);
  });

  it('refuses when a file is not there', async () => {
    await expect(simulatedLaunchDigest({ ...files, runtime: join(root, 'none') })).rejects.toThrow(
      'WAX_ENCLAVE_MEASURE',
    );
    await expect(simulatedLaunchDigest({ ...files, code: join(root, 'none') })).rejects.toThrow(
      'WAX_ENCLAVE_MEASURE',
    );
  });
});

describe('enginePackages', () => {
  it('lists the engine with its native library and everything below it, by places that no machine changes', () => {
    const names = enginePackages(import.meta.dirname).map(({ name }) => name);
    expect(names).toContain('node_modules/node-llama-cpp');
    expect(names).toContain('node_modules/lifecycle-utils');
    expect(names.every((name) => name.startsWith('node_modules/'))).toBe(true);
    if (process.platform === 'linux' && process.arch === 'x64') {
      expect(names).toContain('node_modules/@node-llama-cpp/linux-x64');
    }
  });

  it('refuses when there is no engine', () => {
    expect(() => enginePackages(root)).toThrow('WAX_ENCLAVE_MEASURE');
  });
});
