/**
 * The Containerfile, built and run. It takes minutes and a network, so it is tried where it is asked for:
 *
 *   sh test/support/container-base.sh node24
 *   CONTAINER_BASE=localhost/node24 npx vitest run test/enclave-server/deploy/container.test.ts
 *
 * CONTAINER_BASE names an image with Node.js 24; it takes buildah, and root.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../demo/service.ts';
import { demoConfig, demoModels } from '../../../enclave-server/demo-config.ts';
import { enginePackages } from '../../../enclave-server/engine/packages.ts';
import { buildEnclaveBundle } from '../../../scripts/build-enclave.ts';
import { chat, openSession, sendTurn, service } from '../../support/enclave.ts';
import { bundleFolder } from '../../support/scripted/bundle.ts';

const { CONTAINER_BASE: base } = process.env;
if (base === undefined) console.log('skipped: CONTAINER_BASE names no image of Node.js');
const root = fileURLToPath(new URL('../../../', import.meta.url));
const file = join(root, 'enclave-server/deploy/Containerfile');
const installed = '/opt/waxseal';

describe.skipIf(base === undefined)('the container', { timeout: 60_000 }, () => {
  const image = `waxseal-test-${process.pid}`;
  const here = mkdtempSync(join(tmpdir(), 'waxseal-container-'));
  const buildah = (...args: string[]) => execFileSync('buildah', args, { encoding: 'utf8' }).trim();
  let container: string;
  let mounted: string;
  let server: ChildProcess | undefined;

  beforeAll(async () => {
    const args = [
      'bud',
      '--isolation',
      'chroot',
      '-f',
      file,
      '--build-arg',
      `NODE=${base}`,
      '-t',
      image,
      root,
    ];
    execFileSync('buildah', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    container = buildah('from', '--pull-never', image);
    mounted = buildah('mount', container);
    writeFileSync(join(here, 'enclave.json'), JSON.stringify(demoConfig(service)));
  }, 1_200_000);
  afterAll(() => {
    buildah('rm', container);
    buildah('rmi', image);
    for (const folder of [here, bundleFolder('container')]) rmSync(folder, { recursive: true, force: true });
  });

  const volumes = (more: string[] = []) =>
    [`${here}:/etc/waxseal:ro`, `${demoModels}:/var/lib/waxseal/models:ro`, ...more].flatMap((one) => [
      '-v',
      one,
    ]);
  const within = (command: readonly string[], more: string[] = []) => [
    ...['run', '--isolation', 'chroot', ...volumes(more), container, '--'],
    ...command,
  ];
  /** What the image starts by itself, with a core limit. */
  const start = (core: string) => {
    const { config } = JSON.parse(buildah('inspect', '--type', 'image', image)).OCIv1;
    const command = within([...config.Entrypoint, ...config.Cmd]);
    return spawnSync('prlimit', [`--core=${core}`, 'buildah', ...command], { encoding: 'utf8' }).stderr;
  };

  it('holds the modules that are built anywhere else, byte for byte', async () => {
    const bundle = await buildEnclaveBundle('production', bundleFolder('container'));
    const production = join(mounted, installed, 'dist/enclave/production');
    const modules = readdirSync(bundle).sort();
    expect(readdirSync(production).sort()).toEqual([...modules, 'confine', 'nsm-helper'].sort());
    for (const name of modules)
      expect(readFileSync(join(production, name)).equals(readFileSync(join(bundle, name))), name).toBe(true);
  }, 120_000);

  it('holds the packages that the engine loads, and no others', () => {
    const wanted = enginePackages(root).map(({ name }) => name.split('/node_modules/')[0]?.split('/')[1]);
    expect(readdirSync(join(mounted, installed, 'node_modules')).sort()).toEqual([...new Set(wanted)].sort());
  });

  it('starts with an environment that the server takes, gets as far as the hardware, and wants no core files', () => {
    expect(start('0')).toMatch(/^WAX_ENCLAVE_NO_ATTESTER:/);
    expect(start('unlimited')).toMatch(/^WAX_ENCLAVE_ENVIRONMENT: .*core files/);
  });

  it('runs the engine, closed: the same server with the simulator answers a chat', async () => {
    const bundle = await buildEnclaveBundle('development', bundleFolder('container'));
    copyFileSync(join(mounted, installed, 'dist/enclave/production/confine'), join(bundle, 'confine'));
    const port = await freePort();
    const command = [
      ...['/usr/bin/env', '-i', '/usr/local/bin/node', '--disable-warning=ExperimentalWarning'],
      ...['dist/enclave/development/main.js', '--config', '/etc/waxseal/enclave.json', '--simulate'],
      ...['--models', '/var/lib/waxseal/models', '--port', String(port)],
    ];
    server = spawn('buildah', within(command, [`${bundle}:${installed}/dist/enclave/development:ro`]), {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    const [line] = await once(server.stdout ?? server, 'data');
    expect(String(line)).toContain('listening');
    try {
      const { client } = await openSession(`http://127.0.0.1:${port}`);
      expect((await sendTurn(`http://127.0.0.1:${port}`, client, chat('What is 7 + 5?'))).text).toMatch(
        /7 plus 5/,
      );
    } finally {
      // buildah, and what it has put in between.
      process.kill(-(server.pid ?? 0), 'SIGTERM');
      await once(server, 'exit');
    }
  }, 120_000);
});
