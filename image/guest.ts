/** Compiles what the image has of its own machine code: its first process, and two small helpers of the server. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { commandLine, type ImageKind, type Platform, platformsOf } from './command-lines.ts';
import { imageError } from './errors.ts';
import { pins } from './pins.ts';

const run = promisify(execFile);
const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Where the server listens in the guest, for whoever chats and for whoever runs the machine. */
export const GUEST_PORT = 4443;
const GUEST_ADMIN = '10.0.2.15:4444';

/** What init starts, and nothing else. */
function serverArguments(kind: ImageKind): string[] {
  return [
    ...['/bin/node', '--disable-warning=ExperimentalWarning', '/app/main.js'],
    ...['--config', '/app/enclave.json', '--models', '/models'],
    ...['--host', '0.0.0.0', '--port', String(GUEST_PORT), '--admin', GUEST_ADMIN],
    ...(kind === 'test' ? ['--simulate'] : []),
  ];
}

const constant = (platform: Platform) => platform.toUpperCase().replace('-', '_');

function commandLinesHeader(kind: ImageKind): string {
  const lines = platformsOf[kind].map(
    (platform) => `    {${constant(platform)}, ${JSON.stringify(commandLine(platform))}},`,
  );
  return [
    'enum platform { SEV_SNP, TDX, NITRO, SIMULATED };',
    'static const struct {',
    '    enum platform platform;',
    '    const char *line;',
    '} command_lines[] = {',
    ...lines,
    '};',
    `#define SERVER_ARGUMENTS ${serverArguments(kind)
      .map((argument) => JSON.stringify(argument))
      .join(', ')}`,
    '',
  ].join('\n');
}

// Neither the folder nor the moment may show in the bytes, and nothing of the machine that compiles.
const common = [
  '-O2',
  '-s',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-std=gnu11',
  '-fno-ident',
  '-Wl,--build-id=none',
];
const freestanding = [
  ...[
    '-static',
    '-nostdlib',
    '-nostartfiles',
    '-ffreestanding',
    '-fno-stack-protector',
    '-fno-pie',
    '-no-pie',
  ],
  ...['-fno-tree-loop-distribute-patterns', '-fcf-protection=none', '-fno-asynchronous-unwind-tables'],
];

async function compile(args: string[], out: string): Promise<Uint8Array> {
  try {
    await run('gcc', [...common, ...args, '-o', out], { env: { PATH: process.env.PATH, LC_ALL: 'C' } });
  } catch (cause) {
    throw imageError('WAX_IMAGE_TOOL', 'gcc', { cause });
  }
  return new Uint8Array(await readFile(out));
}

function pinned(name: keyof typeof pins.compiled, bytes: Uint8Array): Uint8Array {
  const found = createHash('sha256').update(bytes).digest('hex');
  const expected = pins.compiled[name];
  if (found === expected) return bytes;
  throw imageError('WAX_IMAGE_COMPILER', `${name}: SHA-256 ${found}, pinned ${expected} by ${pins.compiler}`);
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'waxseal-image-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The first process for that kind of image, without comparing it with what is pinned. */
export function compileInit(kind: ImageKind): Promise<Uint8Array> {
  return inFolder(async (folder) => {
    await writeFile(join(folder, 'command-lines.h'), commandLinesHeader(kind));
    return compile([...freestanding, `-I${folder}`, source('guest/init.c')], join(folder, 'init'));
  });
}

export interface Compiled {
  readonly init: Uint8Array;
  /** What asks the Nitro device, and what the engine process is confined by. */
  readonly nsmHelper: Uint8Array;
  readonly confine: Uint8Array;
}

const helpers = {
  'nsm-helper': '../enclave-server/attester/nitro/nsm-helper.c',
  confine: '../enclave-server/engine/confine.c',
} as const;

/** All of it as it is pinned; throws WAX_IMAGE_COMPILER where this compiler makes others. */
export async function compileGuest(kind: ImageKind): Promise<Compiled> {
  const helper = (name: keyof typeof helpers) =>
    inFolder((folder) => compile([source(helpers[name])], join(folder, name)));
  const [init, nsmHelper, confine] = await Promise.all([
    compileInit(kind),
    helper('nsm-helper'),
    helper('confine'),
  ]);
  return {
    init: pinned(`init-${kind}`, init),
    nsmHelper: pinned('nsm-helper', nsmHelper),
    confine: pinned('confine', confine),
  };
}
