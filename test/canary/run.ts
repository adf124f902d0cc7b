/**
 * `npm run canary [-- --prompts N --scene NAME]`: thousands of prompts, each with a word that occurs nowhere else, through built
 * servers in processes of their own, in every way that a chat can go; then a search for any of those words in whatever
 * the servers have written or shown. Prints what was sent, what was searched and what was found, and exits with 1 when
 * anything was found that should not be, or nothing where it should.
 */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { demoConfig } from '../../enclave-server/demo-config.ts';
import { buildEnclaveBundle } from '../../scripts/build-enclave.ts';
import { Canaries, type Find } from '../support/canary/canary.ts';
import { drive } from '../support/canary/drive.ts';
import { processTree, watchProcesses } from '../support/canary/processes.ts';
import { startWire } from '../support/canary/wire.ts';
import { chat, openSession, sendTurn, service } from '../support/enclave.ts';
import { startEnclaveProcess } from '../support/enclave-process.ts';
import { buildScriptedBundle, bundleFolder } from '../support/scripted/bundle.ts';
import { type Machine, startMachine } from './machine.ts';

const { values } = parseArgs({
  options: { prompts: { type: 'string', default: '4000' }, scene: { type: 'string', default: '' } },
});
const prompts = Number(values.prompts);
const bundles = bundleFolder('canary');
const folder = mkdtempSync(join(tmpdir(), 'waxseal-canary-'));
const demo = demoConfig(service);
const config = {
  ...demo,
  wire: { tickMs: 20, recordBytes: 512, maxRecords: 512 },
  // Thousands of people come from one address and go without a word.
  session: { ...demo.session, idleS: 10, offerTtlS: 30 },
  limits: { ...demo.limits, liveSessions: 50_000, pendingSessions: 50_000 },
};
const MIB = 1 << 20;

interface Scene {
  name: string;
  bundle: string;
  engine: 'scripted' | 'llama';
  prompts: number;
  /** Room on the disk of the machine. */
  disk?: string;
  /** Core files of any size are allowed; where not, as the systemd unit has it. */
  cores?: boolean;
  /** How the server ends, with replies under way. */
  end: 'SIGTERM' | 'SIGKILL' | 'SIGABRT';
  /** The engine writes prompts down: they must be found. */
  control?: boolean;
}

interface Row {
  scene: string;
  prompts: number;
  'ways × ends': number;
  files: number;
  'MiB searched': number;
  looks: number;
  found: string;
  ok: boolean;
}

/** What the admin socket says, from outside of the machine that it is in. */
function readCounters(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ port, path: '/counters', agent: false }, async (response) => {
      let text = '';
      for await (const part of response.setEncoding('utf8')) text += part;
      resolve(text);
    })
      .once('error', reject)
      .end();
  });
}

/** Fills what is left of a machine's disk. */
async function fill(machine: Machine): Promise<void> {
  const [layer = ''] = machine.layers;
  const { spawn } = await import('node:child_process');
  await once(spawn('dd', ['if=/dev/zero', `of=${layer}/filling`, 'bs=64k'], { stdio: 'ignore' }), 'close');
}

const rows: Row[] = [];
/** How each way of sending a prompt ended, and how often. */
const ways = new Map<string, number>();

async function play(scene: Scene): Promise<Row> {
  const canaries = new Canaries();
  const machine = await startMachine(folder, scene.disk ?? '2g');
  const limit = ['prlimit', `--core=${scene.cores ? 'unlimited' : '1'}`];
  const adminPort = 20_000 + Math.floor(Math.random() * 20_000);
  const server = await startEnclaveProcess(scene.bundle, {
    config,
    within: [...limit, ...machine.within],
    more: ['--admin', `127.0.0.1:${adminPort}`],
  });
  if (server.url === '') throw new Error(`${scene.name}: ${server.output()}`);
  const [pid = 0] = processTree(server.child.pid ?? 0);
  if (scene.disk !== undefined) await fill(machine);
  const wire = await startWire(Number(new URL(server.url).port), canaries);
  const watch = watchProcesses(pid, canaries);
  const target = { sealed: wire.url, direct: server.url };
  const tally = await drive({ target, canaries, prompts: scene.prompts, atOnce: 16, engine: scene.engine });
  if (scene.control) {
    const { client } = await openSession(server.url);
    await sendTurn(server.url, client, chat(`leak ${canaries.next()}`));
    await wait(300);
  }
  const shown = await readCounters(adminPort);
  // Replies are under way when it ends, in the engine's memory and in the server's.
  for (let reply = 0; reply < 4; reply++) {
    const { client } = await openSession(server.url);
    void sendTurn(server.url, client, chat(`say 100 20 ${canaries.next()}`)).catch(() => {});
  }
  await wait(1500);
  const engines = processTree(pid).slice(1);
  if (scene.cores) for (const engine of engines) process.kill(engine, 'SIGABRT');
  const ended = once(server.child, 'exit');
  server.child.kill(scene.end);
  await ended;
  for (let tries = 0; engines.some((id) => existsSync(`/proc/${id}/exe`)) && tries < 100; tries++)
    await wait(100);
  const survivors = engines.filter((id) => existsSync(`/proc/${id}/exe`));
  watch.stop();
  wire.close();
  const found: Find[] = [
    ...wire.found,
    ...watch.found,
    ...canaries.search('standard output and error', server.output()),
    ...canaries.search('the admin socket', shown),
    ...machine.layers.flatMap((layer) => canaries.searchTree(layer)),
    ...canaries.searchTree(server.folder),
    ...readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((id) => {
        try {
          return canaries.search('arguments of a process', readFileSync(`/proc/${id}/cmdline`));
        } catch {
          return [];
        }
      }),
  ];
  machine.close();
  rmSync(server.folder, { recursive: true, force: true });
  const where = [
    ...new Set(found.map((find) => find.where.replace(/^\/proc\/\d+\/root\S*?\/(upper|shm)/, ''))),
  ];
  for (const [way, count] of tally) ways.set(way, (ways.get(way) ?? 0) + count);
  if (survivors.length > 0) console.log('still running:', survivors);
  return {
    scene: scene.name,
    prompts: canaries.made,
    'ways × ends': tally.size,
    files: canaries.searched.files,
    'MiB searched': Math.round(canaries.searched.bytes / MIB),
    looks: watch.looks,
    found: where.length === 0 ? 'nothing' : where.join(', '),
    ok: survivors.length === 0 && where.length > 0 === (scene.control === true || scene.cores === true),
  };
}

try {
  const scripted = await buildScriptedBundle(join(bundles, 'scripted'));
  const real = await buildEnclaveBundle('development', join(bundles, 'real'));
  const scenes: Scene[] = [
    { name: 'asked to end', bundle: scripted, engine: 'scripted', prompts: prompts / 2, end: 'SIGTERM' },
    { name: 'killed', bundle: scripted, engine: 'scripted', prompts: prompts / 8, end: 'SIGKILL' },
    { name: 'crashed', bundle: scripted, engine: 'scripted', prompts: prompts / 8, end: 'SIGABRT' },
    {
      name: 'disk full',
      bundle: scripted,
      engine: 'scripted',
      prompts: prompts / 8,
      end: 'SIGTERM',
      disk: '8m',
    },
    { name: 'real engine', bundle: real, engine: 'llama', prompts: prompts / 8, end: 'SIGKILL' },
    {
      name: 'control: written down',
      bundle: scripted,
      engine: 'scripted',
      prompts: 20,
      end: 'SIGTERM',
      control: true,
    },
    {
      name: 'control: core files on',
      bundle: scripted,
      engine: 'scripted',
      prompts: 20,
      end: 'SIGABRT',
      cores: true,
    },
  ];
  for (const scene of scenes) {
    if (scene.name.includes(values.scene)) rows.push(await play(scene));
  }
} finally {
  for (const path of [bundles, folder]) rmSync(path, { recursive: true, force: true });
}
console.table(Object.fromEntries([...ways].sort()));
console.table(rows);
process.exitCode = rows.length > 0 && rows.every(({ ok }) => ok) ? 0 : 1;
