/** What stands in the guest's archives, and where each file comes from. Nothing that is not named here gets in. */
import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Entry } from './cpio.ts';
import { imageError } from './errors.ts';
import type { Compiled } from './guest.ts';
import { RUNTIME } from './npm.ts';
import { pins } from './pins.ts';

/** The unpacked parts of an image. */
export interface Parts extends Compiled {
  /** Folder of the unpacked kernel package. */
  readonly kernel: string;
  /** Folder into which the libraries' packages were unpacked. */
  readonly libraries: string;
  /** Folder that holds the npm packages at their places in package-lock.json. */
  readonly npm: string;
  /** Folder of the enclave server's bundle. */
  readonly bundle: string;
  readonly config: Uint8Array;
  /** Models by the name that the configuration gives them; `disk` stands for the guest's own read-only disk. */
  readonly models: readonly { readonly name: string; readonly source: { readonly file: string } | 'disk' }[];
}

/** Drivers that init loads, by their place in the kernel package; all are signed by Debian. */
const MODULES = [
  ...['net/core/failover', 'drivers/net/net_failover', 'drivers/net/virtio_net'],
  ...['drivers/char/hw_random/virtio-rng', 'drivers/block/virtio_blk', 'drivers/virtio/virtio_mmio'],
  ...['fs/configfs/configfs', 'drivers/virt/coco/tsm'],
  ...['drivers/virt/coco/sev-guest/sev-guest', 'drivers/virt/coco/tdx-guest/tdx-guest', 'drivers/misc/nsm'],
  ...['net/vmw_vsock/vsock', 'net/vmw_vsock/vmw_vsock_virtio_transport_common'],
  'net/vmw_vsock/vmw_vsock_virtio_transport',
];

/** What Node.js and the engine load of Debian's libraries. */
const LIBRARIES = [
  ...['lib/x86_64-linux-gnu/libc.so.6', 'lib/x86_64-linux-gnu/libm.so.6', 'lib/x86_64-linux-gnu/libdl.so.2'],
  ...['lib/x86_64-linux-gnu/libpthread.so.0', 'lib/x86_64-linux-gnu/libgcc_s.so.1'],
  'usr/lib/x86_64-linux-gnu/libstdc++.so.6',
];
const LOADER = 'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2';

/** What a package carries for those who develop with it or build it themselves. */
const NOT_RUN = [
  /\.(d\.[cm]?ts|map|md|markdown|ts)$/,
  /^node_modules\/node-llama-cpp\/(llama\/(?!.*\.json$)|templates\/|bins\/_)/,
  /(^|\/)(test|tests|docs|example|examples|\.github|\.bin)\//,
];

const folder = (path: string): Entry => ({ kind: 'folder', path });

function file(path: string, source: Uint8Array | { file: string }, executable = false): Entry {
  const size = source instanceof Uint8Array ? source.length : statSync(source.file).size;
  return { kind: 'file', path, source, size, executable };
}

function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => {
      if (entry.isSymbolicLink()) throw imageError('WAX_IMAGE_ENTRY', `${entry.name} is a link`);
      return entry.isFile();
    })
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1));
}

async function moduleEntries(kernel: string): Promise<Entry[]> {
  const release = pins.kernel.name.replace('linux-image-', '');
  return Promise.all(
    MODULES.map(async (place) => {
      const path = join(kernel, 'lib/modules', release, 'kernel', `${place}.ko.xz`);
      const { stdout } = await promisify(execFile)('xz', ['--decompress', '--stdout', path], {
        encoding: 'buffer',
        maxBuffer: 1 << 26,
      }).catch((cause) => {
        throw imageError('WAX_IMAGE_TOOL', 'xz', { cause });
      });
      return file(`modules/${place.slice(place.lastIndexOf('/') + 1)}.ko`, stdout);
    }),
  );
}

const enginePlaces = (npm: string) =>
  filesBelow(npm).filter(
    (path) => !path.startsWith(`${RUNTIME}/`) && !NOT_RUN.some((pattern) => pattern.test(path)),
  );

/** Folders that the paths of `entries` need and that are not among them. */
function withFolders(entries: readonly Entry[]): Entry[] {
  const folders = new Set<string>();
  for (const { path } of entries) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      folders.add(path.slice(0, at));
  }
  const known = new Set(entries.map(({ path }) => path));
  return [...entries, ...[...folders].filter((path) => !known.has(path)).map(folder)];
}

/** What starts the guest: the entries of the first archive. Throws WAX_IMAGE_TOOL. */
export async function bootFiles({ init, kernel }: Parts): Promise<Entry[]> {
  return withFolders([
    file('init', init, true),
    ...['dev', 'proc', 'sys'].map(folder),
    { kind: 'device', path: 'dev/console', major: 5, minor: 1 },
    ...(await moduleEntries(kernel)),
  ]);
}

/** What the guest runs: the entries of the second archive. Throws WAX_IMAGE_ENTRY. */
export function applicationFiles(parts: Parts): Entry[] {
  const { nsmHelper, confine, libraries, npm, bundle, config, models } = parts;
  const name = (path: string) => path.slice(path.lastIndexOf('/') + 1);
  return withFolders([
    folder('models'),
    file('bin/node', { file: join(npm, RUNTIME, 'bin/node') }, true),
    file('lib64/ld-linux-x86-64.so.2', { file: join(libraries, LOADER) }, true),
    ...LIBRARIES.map((path) => file(`lib/x86_64-linux-gnu/${name(path)}`, { file: join(libraries, path) })),
    file('app/enclave.json', config),
    file('app/package.json', Buffer.from('{"type":"module"}\n')),
    file('app/nsm-helper', nsmHelper, true),
    file('app/confine', confine, true),
    ...filesBelow(bundle).map((path) => file(`app/${path}`, { file: join(bundle, path) })),
    ...enginePlaces(npm).map((path) => file(`app/${path}`, { file: join(npm, path) })),
    ...models.map(
      ({ name, source }): Entry =>
        source === 'disk'
          ? { kind: 'link', path: `models/${name}`, target: '/dev/vda' }
          : file(`models/${name}`, source),
    ),
  ]);
}
