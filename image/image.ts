/**
 * Makes the folder of an image (docs/rebuild.md): kernel, archive, command lines, enclave image file, and what they
 * were made of. The same sources and pins give the same bytes on every machine.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EnclaveConfig, parseEnclaveConfig } from '../enclave-server/config.ts';
import { writeEif } from '../protocol/measurement/eif.ts';
import { requireFirmBorders } from '../protocol/measurement/nitro.ts';
import { writeSetupHeader } from '../protocol/measurement/setup-header.ts';
import { buildEnclaveBundle } from '../scripts/build-enclave.ts';
import { commandLine, type ImageKind, platformsOf } from './command-lines.ts';
import { type Entry, writeCpio } from './cpio.ts';
import { type FetchOptions, fetchDebian, unpackDebian } from './debian.ts';
import { imageError } from './errors.ts';
import { applicationFiles, bootFiles, type Parts } from './files.ts';
import { compileGuest } from './guest.ts';
import { fetchNpm, type Lock, npmInputs, unpackNpm } from './npm.ts';
import { pins } from './pins.ts';
import { inputsJson, sbomJson } from './sbom.ts';
import { writeTree } from './tree.ts';

export interface ImageOptions extends FetchOptions {
  readonly kind: ImageKind;
  /** The measured configuration, and the folder of its models. */
  readonly config: string;
  readonly models: string;
  /** Whether the model stays on a disk of its own, which the host attaches as the guest's first one. */
  readonly modelOnDisk: boolean;
  /** Firmware to put beside, or null. */
  readonly firmware: string | null;
  readonly out: string;
  /** Folder to write the application's files into as well, as they lie in the guest; null for none. */
  readonly tree: string | null;
  readonly onStep?: (step: string) => void;
}

/** The folder of an image, as far as the builder needs it afterwards. */
export interface BuiltImage {
  readonly folder: string;
  /** Every entry of both archives. */
  readonly entries: readonly Entry[];
  readonly config: EnclaveConfig;
}

const repository = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Any memory from here on gives the initramfs the same address. */
const LARGE_GUEST = 4 * 2 ** 30;
/** What a Nitro host gives an enclave unless told otherwise; in no register. */
const NITRO_DEFAULTS = { defaultMemoryBytes: 2 ** 31, defaultCpus: 2 };

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part);
  return hash.digest('hex');
}

async function checkModels(
  config: EnclaveConfig,
  { models, modelOnDisk }: ImageOptions,
): Promise<Parts['models']> {
  if (modelOnDisk && config.models.length !== 1) {
    throw imageError('WAX_IMAGE_MODEL', `one disk, ${config.models.length} models`);
  }
  const parts: Parts['models'][number][] = [];
  for (const { file, sha256 } of config.models) {
    const path = join(models, file);
    const found = await sha256OfFile(path).catch((cause) => {
      throw imageError('WAX_IMAGE_MODEL', file, { cause });
    });
    if (found !== sha256) throw imageError('WAX_IMAGE_MODEL', `${file}: SHA-256 ${found}`);
    parts.push({ name: file, source: modelOnDisk ? 'disk' : { file: path } });
  }
  return parts;
}

async function writeArchive(path: string, archives: readonly (readonly Entry[])[]): Promise<number[]> {
  const file = await open(path, 'w', 0o644);
  const sizes: number[] = [];
  try {
    for (const entries of archives) {
      let size = 0;
      for await (const bytes of writeCpio(entries)) size += (await file.write(bytes)).bytesWritten;
      sizes.push(size);
    }
  } finally {
    await file.close();
  }
  return sizes;
}

/** Fetches and unpacks everything into `work`. */
async function gather(work: string, options: ImageOptions, config: Uint8Array, models: Parts['models']) {
  const { kind, cache, offline, onStep = () => {} } = options;
  const [kernel, libraries, npm, bundle] = ['kernel', 'libraries', 'npm', 'bundle'].map((name) =>
    join(work, name),
  ) as [string, string, string, string];
  onStep('Debian packages');
  await Promise.all([mkdir(kernel), mkdir(libraries)]);
  await unpackDebian(await fetchDebian(pins.kernel, options), kernel);
  for (const wanted of pins.libraries) await unpackDebian(await fetchDebian(wanted, options), libraries);
  onStep('npm packages');
  const lock = JSON.parse(await readFile(repository('package-lock.json'), 'utf8')) as Lock;
  const npmPackages = npmInputs(lock);
  for (const [wanted, file] of await fetchNpm(npmPackages, { cache, offline })) {
    await unpackNpm(file, join(npm, wanted.place));
  }
  onStep('server and first process');
  await buildEnclaveBundle(kind === 'test' ? 'development' : 'production', bundle);
  const parts: Parts = { ...(await compileGuest(kind)), kernel, libraries, npm, bundle, config, models };
  return { parts, npmPackages };
}

/** Builds into `options.out`, which is made anew. Throws the errors of image/errors.ts and those of the configuration. */
export async function buildImage(options: ImageOptions): Promise<BuiltImage> {
  const { kind, out, firmware, modelOnDisk, onStep = () => {} } = options;
  const configBytes = new Uint8Array(await readFile(options.config));
  const config = parseEnclaveConfig(configBytes);
  const models = await checkModels(config, options);
  await rm(out, { recursive: true, force: true });
  await mkdir(dirname(out), { recursive: true });
  await mkdir(out);
  const work = await mkdtemp(`${out}.work-`);
  try {
    const { parts, npmPackages } = await gather(work, options, configBytes, models);
    onStep('archive');
    const boot = await bootFiles(parts);
    const application = applicationFiles(parts);
    const [bootSize = 0, applicationSize = 0] = await writeArchive(join(out, 'initramfs'), [
      boot,
      application,
    ]);
    if (options.tree !== null) await writeTree(application, options.tree);
    const plain = new Uint8Array(await readFile(join(parts.kernel, 'boot', kernelFile())));
    const initrdBytes = bootSize + applicationSize;
    const kernel = writeSetupHeader(plain, { memoryBytes: LARGE_GUEST, initrdBytes });
    await writeFile(join(out, 'kernel'), kernel);
    await writeCommandLines(out, kind);
    if (kind === 'production') await writeNitro(out, kernel, bootSize);
    if (firmware !== null) await copyFile(firmware, join(out, 'firmware.fd'));
    const inputs = {
      ...{ kind, debian: [pins.kernel, ...pins.libraries], npm: npmPackages, configSha256: config.sha256 },
      models: config.models.map(({ file, sha256 }) => ({ name: file, sha256, onDisk: modelOnDisk })),
    };
    await writeFile(join(out, 'inputs.json'), inputsJson(inputs));
    await writeFile(join(out, 'sbom.cdx.json'), sbomJson(inputs));
    return { folder: out, entries: [...boot, ...application], config };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const kernelFile = () => pins.kernel.name.replace('linux-image-', 'vmlinuz-');

async function writeCommandLines(out: string, kind: ImageKind): Promise<void> {
  if (kind === 'test') return writeFile(join(out, 'cmdline'), commandLine('simulated'));
  for (const platform of platformsOf.production) {
    if (platform !== 'nitro') await writeFile(join(out, `cmdline.${platform}`), commandLine(platform));
  }
}

/** The same kernel and archive as one file for Nitro, with what starts the guest apart from what runs in it. */
async function writeNitro(out: string, kernel: Uint8Array, bootSize: number): Promise<void> {
  const archive = new Uint8Array(await readFile(join(out, 'initramfs')));
  const eif = {
    ...({ architecture: 'x86-64', ...NITRO_DEFAULTS, kernel, signature: null } as const),
    commandLine: commandLine('nitro'),
    metadata: Buffer.from('{}'),
    ramdisks: [archive.subarray(0, bootSize), archive.subarray(bootSize)],
  };
  requireFirmBorders(eif);
  await writeFile(join(out, 'image.eif'), writeEif(eif));
}
