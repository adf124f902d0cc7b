/** Reads the folder of a guest image as docs/rebuild.md lays it down, and measures it for all its shapes. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseUtf8, toHex } from '../protocol/bytes.ts';
import type { JsonValue } from '../protocol/json.ts';
import { parseJson } from '../protocol/json.ts';
import { type Part, parts } from '../protocol/measurement/event.ts';
import { type Image, measureShape, type ShapeMeasurement } from '../protocol/measurement/image.ts';
import { parseShapes } from '../protocol/measurement/shapes.ts';
import { readArray, readBoolean, readMap, readObject, readOneOf, readString } from '../protocol/shape.ts';
import { releaseCommandError } from './commands/release/errors.ts';
import { nativeHashes, rememberingHashes } from './native-hashes.ts';
import { ProgressBar } from './progress.ts';

/** The bytes of a file as they are; null where there is none of that name. */
async function readPart(path: string): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw releaseCommandError('WAX_RELEASECMD_FILE', path, { cause });
  }
}

async function requirePart(path: string): Promise<Uint8Array> {
  const bytes = await readPart(path);
  if (bytes === null) throw releaseCommandError('WAX_RELEASECMD_FILE', path);
  return bytes;
}

/** Reads an image, with firmware from elsewhere beside its own. @throws WAX_RELEASECMD_FILE */
async function readImage(folder: string, moreFirmware: readonly string[] = []): Promise<Image> {
  const names = await readdir(folder).catch((cause) => {
    throw releaseCommandError('WAX_RELEASECMD_FILE', folder, { cause });
  });
  const own = names.filter((name) => name.endsWith('.fd')).map((name) => join(folder, name));
  const firmware = new Map<string, Uint8Array>();
  let usualFirmware: string | null = null;
  for (const path of [...own, ...moreFirmware]) {
    const bytes = await requirePart(path);
    const name = toHex(nativeHashes.sha256(bytes));
    firmware.set(name, bytes);
    if (path === join(folder, 'firmware.fd')) usualFirmware = name;
  }
  const part = (name: string) => readPart(join(folder, name));
  const line = async (platform: string) => {
    const bytes = (await part(`cmdline.${platform}`)) ?? (await part('cmdline'));
    return bytes && parseUtf8(bytes);
  };
  return {
    kernel: await part('kernel'),
    initramfs: await part('initramfs'),
    commandLines: { 'sev-snp': await line('sev-snp'), tdx: await line('tdx') },
    firmware,
    usualFirmware,
    eif: await part('image.eif'),
  };
}

export interface FolderOptions {
  image: string;
  /** File of shapes; that of the folder if undefined. */
  shapes: string | undefined;
  firmware: readonly string[] | undefined;
}

/** Measures an image for each of its shapes, with a bar on a terminal. */
export async function measureFolder({ image, shapes, firmware }: FolderOptions): Promise<ShapeMeasurement[]> {
  const list = parseShapes(await requirePart(shapes ?? join(image, 'shapes.json')));
  const parts = await readImage(image, firmware);
  const bar = new ProgressBar();
  const hashes = rememberingHashes();
  try {
    return list.map((shape, index) => {
      bar.show(`${shape.platform}, ${shape.shape}`, index, list.length);
      return measureShape(shape, parts, hashes);
    });
  } finally {
    bar.clear();
  }
}

/** The steps that `waxseal release measure --explain --json` printed for a release. @throws WAX_RELEASECMD_FILE */
export async function readPublished(path: string): Promise<ShapeMeasurement[]> {
  const { shapes } = readObject(parseJson(await requirePart(path), { bytes: 8 << 20 }), path, [
    'format',
    'measurements',
    'shapes',
  ]);
  const readEvent = (value: JsonValue, at: string) => {
    const event = readObject(value, at, ['register', 'text', 'value', 'running', 'parts']);
    return {
      register: readString(event.register, `${at}.register`),
      text: readString(event.text, `${at}.text`),
      value: readString(event.value, `${at}.value`),
      running: readBoolean(event.running, `${at}.running`),
      parts: readArray(event.parts, `${at}.parts`, (part, here): Part => readOneOf(part, here, parts)),
    };
  };
  return readArray(shapes, 'shapes', (value, at) => {
    const shape = readObject(value, at, ['platform', 'shape', 'registers', 'events']);
    const registers = Object.entries(readMap(shape.registers, `${at}.registers`));
    return {
      platform: readOneOf(shape.platform, `${at}.platform`, ['sev-snp', 'tdx', 'nitro']),
      shape: readString(shape.shape, `${at}.shape`),
      registers: Object.fromEntries(registers.map(([name, hex]) => [name, readString(hex, `${at}.${name}`)])),
      events: readArray(shape.events, `${at}.events`, readEvent, { most: 4096 }),
    };
  });
}
