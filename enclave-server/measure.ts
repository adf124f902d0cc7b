/**
 * The launch digest of the simulator. Real hardware measures the guest image that holds all of this; without
 * hardware the digest covers the files themselves, so that here, too, one changed byte is another enclave.
 * @module
 */
import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { concatBytes, lp, toHex, u64 } from '../protocol/bytes.ts';
import type { WireParameters } from '../protocol/session/runtime-statement.ts';
import type { EnclaveConfig } from './config.ts';
import { enginePackages } from './engine/packages.ts';
import { enclaveError } from './errors.ts';

/** What is measured: the role of each file in the digest, and where it lies. */
export interface MeasuredFiles {
  /** Folder of the built bundle; every file in it counts, by its path in the folder. */
  code: string;
  /** The configuration file. */
  config: string;
  /** Model files in the order of the configuration. */
  models: readonly { id: string; path: string }[];
  /** The Node.js binary. */
  runtime: string;
  /** Folders of packages that the bundle loads at run time, by name. */
  packages: readonly { name: string; path: string }[];
}

const CHUNK = 1 << 20;

async function digest(path: string): Promise<{ bytes: number; sha384: Uint8Array }> {
  const hash = createHash('sha384');
  let bytes = 0;
  try {
    const file = await open(path);
    try {
      // Thousands of small files and a few large ones: a buffer for what there is, and a byte to see the end.
      // A disk says that it has none.
      const stat = await file.stat();
      const buffer = Buffer.allocUnsafe(stat.isFile() ? Math.min(stat.size + 1, CHUNK) : CHUNK);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length);
        if (bytesRead === 0) return { bytes, sha384: hash.digest() };
        hash.update(buffer.subarray(0, bytesRead));
        bytes += bytesRead;
      }
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw enclaveError('WAX_ENCLAVE_MEASURE', '', { cause });
  }
}

const AT_ONCE = 32;

/** Paths of all files below a folder, with forward slashes, sorted by code unit. */
async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return (
      entries
        .filter((entry) => !entry.isDirectory())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
        // Packages inside packages are listed by themselves, under their own place.
        .filter((file) => !file.startsWith('node_modules/'))
        .sort()
    );
  } catch (cause) {
    throw enclaveError('WAX_ENCLAVE_MEASURE', '', { cause });
  }
}

async function listFiles(files: MeasuredFiles): Promise<{ name: string; path: string }[]> {
  const folder = async (name: string, path: string) =>
    (await filesBelow(path)).map((file) => ({ name: `${name}/${file}`, path: join(path, file) }));
  const packages = await Promise.all(files.packages.map(({ name, path }) => folder(`package ${name}`, path)));
  return [
    ...(await folder('code', files.code)),
    { name: 'config', path: files.config },
    ...files.models.map(({ id, path }) => ({ name: `model ${id}`, path })),
    { name: 'runtime', path: files.runtime },
    ...packages.flat(),
  ];
}

/** The simulated launch digest, SHA-384 in hex: of a label, and name, size and digest of each file. */
export async function simulatedLaunchDigest(files: MeasuredFiles): Promise<string> {
  const listed = await listFiles(files);
  const hash = createHash('sha384').update(lp('waxseal/1 simulated launch')).update(u64(listed.length));
  for (let start = 0; start < listed.length; start += AT_ONCE) {
    const some = listed.slice(start, start + AT_ONCE);
    const digests = await Promise.all(some.map(({ path }) => digest(path)));
    some.forEach(({ name }, index) => {
      const { bytes = 0, sha384 = new Uint8Array() } = digests[index] ?? {};
      hash.update(concatBytes(lp(name), u64(bytes), sha384));
    });
  }
  return toHex(hash.digest());
}

/** What the simulator's attester reports, and what a release statement names. */
export interface Measurement {
  /** Hex SHA-384. */
  launchDigest: string;
  configSha256: string;
  models: { id: string; sha256: string }[];
  services: string[];
  wire: WireParameters;
}

/**
 * Measures a server as it is installed: the bundle in the folder `code`, the packages that it finds from
 * there, the Node.js binary at `runtime` (this one unless named), and the configuration with its models.
 */
export async function measureInstalled(installed: {
  code: string;
  configPath: string;
  config: EnclaveConfig;
  models: string;
  runtime?: string;
}): Promise<Measurement> {
  const { code, configPath, config, models, runtime = process.execPath } = installed;
  const launchDigest = await simulatedLaunchDigest({
    code,
    config: configPath,
    models: config.models.map(({ id, file }) => ({ id, path: join(models, file) })),
    runtime,
    packages: enginePackages(code),
  });
  return {
    launchDigest,
    configSha256: config.sha256,
    models: config.models.map(({ id, sha256 }) => ({ id, sha256 })),
    services: [config.service],
    wire: config.wire,
  };
}
