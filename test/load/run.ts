/**
 * `npm run load [-- --people N --seconds 60 --soak MINUTES --places N]`: a built server with the scripted engine, so
 * that the model is not what is measured, and people in another process who chat with it at once, 200 of them or 50 in
 * a soak. Prints how their questions ended and what is known of each that failed, how long things took, and what the
 * server took of memory, descriptors and processor.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { demoConfig } from '../../enclave-server/demo-config.ts';
import { processTree } from '../support/canary/processes.ts';
import { service } from '../support/enclave.ts';
import { startEnclaveProcess } from '../support/enclave-process.ts';
import { buildScriptedBundle, bundleFolder } from '../support/scripted/bundle.ts';

const { values } = parseArgs({
  options: {
    people: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    soak: { type: 'string', default: '0' },
    places: { type: 'string', default: '256' },
  },
});
const soak = Number(values.soak);
const people = Number(values.people ?? (soak > 0 ? 50 : 200));
const seconds = soak > 0 ? 60 * soak : Number(values.seconds);
const demo = demoConfig(service);
const config = {
  ...demo,
  engine: { ...demo.engine, sequences: Number(values.places), recycleAfterSessions: 1000, recycleIdleS: 30 },
  // People go without a word; what they leave is in memory for as long as they might come back.
  session: { ...demo.session, idleS: 60 },
  limits: { ...demo.limits, liveSessions: 10_000, repliesUnderWay: 2 * people, queuedTurns: people },
};

interface Sample {
  minute: string;
  'server MiB': number;
  'engine MiB': number;
  descriptors: number;
  threads: number;
  'processor s': number;
}

const MIB = 1024;
const read = (path: string) => readFileSync(path, 'utf8');
const field = (status: string, name: string) =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);

function sample(server: number, begun: number): Sample {
  const status = read(`/proc/${server}/status`);
  const engines = processTree(server).slice(1);
  const engineKiB = engines.reduce((sum, id) => {
    try {
      return sum + field(read(`/proc/${id}/status`), 'VmRSS');
    } catch {
      return sum;
    }
  }, 0);
  const [, times = ''] = read(`/proc/${server}/stat`).split(') ');
  const [user = 0, system = 0] = times.split(' ').slice(11, 13).map(Number);
  return {
    minute: ((performance.now() - begun) / 60_000).toFixed(1),
    'server MiB': Math.round(field(status, 'VmRSS') / MIB),
    'engine MiB': Math.round(engineKiB / MIB),
    descriptors: readdirSync(`/proc/${server}/fd`).length,
    threads: field(status, 'Threads'),
    'processor s': Math.round((user + system) / 100),
  };
}

function ask(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/counters', agent: false }, async (response) => {
      let text = '';
      for await (const part of response.setEncoding('utf8')) text += part;
      resolve(text);
    })
      .once('error', reject)
      .end();
  });
}

const bundles = bundleFolder('load');
const bundle = await buildScriptedBundle(bundles);
const admin = join(bundles, 'admin.sock');
const server = await startEnclaveProcess(bundle, { config, more: ['--admin', admin] });
const pid = server.child.pid ?? 0;
const samples: Sample[] = [];
try {
  const begun = performance.now();
  samples.push(sample(pid, begun));
  const every = soak > 0 ? 60_000 : Math.max(1000, (1000 * seconds) / 8);
  const timer = setInterval(() => {
    const taken = sample(pid, begun);
    samples.push(taken);
    if (soak > 0) console.log(JSON.stringify(taken));
  }, every);
  const script = fileURLToPath(new URL('./people.ts', import.meta.url));
  // In a soak one question of seven is left in the middle, and people think between questions.
  const args = [server.url, String(people), String(seconds), soak > 0 ? '7' : '0', soak > 0 ? '20000' : '0'];
  const flags = ['--disable-warning=ExperimentalWarning'];
  const crowd = spawn(process.execPath, [...flags, script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const text of crowd.stdout.setEncoding('utf8')) output += text;
  clearInterval(timer);
  const { ends, refusals, words, ms } = JSON.parse(output);
  // What those have left is swept within a second, and memory that is free goes back little by little.
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  samples.push(sample(pid, begun));
  console.log(`${people} people at once for ${seconds} s; places in the engine: ${values.places}`);
  console.log('\nHow questions ended');
  console.table(ends);
  if (refusals.length > 0) console.table(refusals);
  console.log(`${words} words, ${Math.round(words / seconds)} a second\n\nMilliseconds`);
  console.table(ms);
  console.table(samples);
  console.log('counters:', await ask(admin));
  console.log('said:', [
    ...new Set(
      server
        .output()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).event),
    ),
  ]);
} finally {
  console.log('exit code of the server:', await server.stop());
  rmSync(bundles, { recursive: true, force: true });
}
