/**
 * The whole stack on this computer, each part its own process as in real life: three publishers, three
 * witnesses, a transparency log, an enclave server (simulated), and a web chat of somebody else's.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { demoConfig, demoModels } from '../enclave-server/demo-config.ts';
import { toBase64 } from '../protocol/bytes.ts';
import { hashLeaf } from '../protocol/log/tree.ts';
import { parseTrustDomain } from '../protocol/policy.ts';
import { type NetworkTap, startNetworkTap } from './network-tap.ts';
import { freePort, runCommand, type Service, startService } from './service.ts';
import { startWebChat, type WebChat } from './web-chat/server.ts';

export interface Stack {
  /** Origin of the enclave service, which is the tap's. */
  service: string;
  log: { url: string; origin: string; key: string };
  witnesses: { name: string; url: string; key: string }[];
  webChat: WebChat;
  /** Everything that passed between browser and enclave. */
  tap: NetworkTap;
  /** Trust domain file. */
  domainFile: string;
  /** Runs a server in place of the enclave: the same address, another program. */
  replaceEnclave(start: () => Promise<{ port: number; stop: () => Promise<void> }>): Promise<void>;
  stop(): Promise<void>;
}

const origin = 'demo.waxseal.example/log';
const product = 'waxseal-demo';
const publishers = ['ada', 'grace', 'mary'];
const threshold = 2;
const quorum = 2;

/** Keys and the first policy, signed by two of the three publishers. */
async function signFirstPolicy(
  folder: string,
): Promise<{ policyFile: string; keyFile: (name: string) => string }> {
  const keyFile = (name: string) => join(folder, `${name}.key`);
  const keys: string[] = [];
  for (const name of publishers) {
    keys.push((await runCommand(['release', 'keygen', '--name', name, '--out', keyFile(name)])).trim());
  }
  const policyFile = join(folder, 'policy.json');
  await runCommand([
    ...['release', 'init', '--log', origin, '--threshold', String(threshold), '--out', policyFile],
    ...keys.flatMap((key) => ['--publisher', key]),
    ...['--key', keyFile('ada'), '--yes'],
  ]);
  await runCommand(['release', 'sign', policyFile, '--key', keyFile('grace'), '--yes']);
  return { policyFile, keyFile };
}

interface PlannedWitness {
  name: string;
  keyPath: string;
  key: string;
  url: string;
  port: number;
}

/** Witness keys come first, since the log's configuration names them; their addresses are fixed with them. */
async function planWitnesses(folder: string): Promise<PlannedWitness[]> {
  return Promise.all(
    ['north', 'east', 'south'].map(async (name) => {
      const own = join(folder, `witness-${name}`);
      await mkdir(own);
      const keyPath = join(own, 'witness.key');
      const key = await runCommand([
        'witness',
        'vkey',
        '--key',
        keyPath,
        '--init',
        `${name}.witness.example`,
      ]);
      const port = await freePort();
      return { name, keyPath, key: key.trim(), port, url: `http://127.0.0.1:${port}` };
    }),
  );
}

async function writeDomain(
  folder: string,
  parts: Pick<Stack, 'service' | 'log' | 'witnesses'>,
): Promise<string> {
  const { service, log, witnesses } = parts;
  const entry = await readFile(join(folder, 'log', 'policy-entry.json'));
  const file = {
    format: 'waxseal-trust-domain/1',
    name: 'Waxseal demo',
    log: {
      origin: log.origin,
      url: log.url,
      key: log.key,
      pin: { size: 1, root: toBase64(hashLeaf(entry)) },
    },
    witnesses: witnesses.map(({ name, key }) => ({
      name,
      operator: `The ${name} witness of this demo`,
      key,
    })),
    quorum,
    faulty: 0,
    policyEntry: createHash('sha256').update(entry).digest('hex'),
    hardware: { 'sev-snp-simulated': {} },
    freshness: { cosignatureHours: 24, syncMinutes: 15 },
    enclaves: [{ service, name: 'Demo enclave', product, machines: false }],
  };
  const path = join(folder, 'trust-domain.json');
  const text = `${JSON.stringify(file, null, 2)}\n`;
  parseTrustDomain(text);
  await writeFile(path, text);
  return path;
}

/** The commit of this checkout; zeros where there is no git or no repository. */
async function currentCommit(): Promise<string> {
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const { stdout } = await promisify(execFile)('git', ['rev-parse', 'HEAD'], { cwd }).catch(() => ({
    stdout: '',
  }));
  return /^[0-9a-f]{40}$/.exec(stdout.trim())?.[0] ?? '0'.repeat(40);
}

/** Lets two of the three publishers approve the program in the log. */
async function approveEnclave(
  folder: string,
  program: EnclaveProgram,
  {
    configPath,
    domainFile,
    logUrl,
    keyFile,
  }: { configPath: string; domainFile: string; logUrl: string; keyFile: (name: string) => string },
): Promise<void> {
  const recipe = fileURLToPath(new URL(`../${program.recipe}`, import.meta.url));
  const fields = {
    product,
    version: 1,
    ...(await program.measure(configPath)),
    source: { repository: 'this checkout', commit: await currentCommit() },
    build: {
      recipe: program.recipe,
      sha256: createHash('sha256')
        .update(await readFile(recipe))
        .digest('hex'),
    },
  };
  const fieldsPath = join(folder, 'release-fields.json');
  const draft = join(folder, 'release.json');
  await writeFile(fieldsPath, JSON.stringify(fields));
  await runCommand([
    ...['release', 'approve', '--domain', domainFile, '--fields', fieldsPath, '--out', draft],
    ...['--key', keyFile('ada'), '--yes'],
  ]);
  await runCommand(['release', 'sign', draft, '--key', keyFile('mary'), '--domain', domainFile, '--yes']);
  await runCommand(['log', 'append', '--url', logUrl, draft]);
}

/** The enclave server that the stack runs and approves. */
export interface EnclaveProgram {
  /** Path in this repository of what builds it. */
  readonly recipe: string;
  /** The measured fields of a release statement, for the configuration at `configPath`. */
  measure(configPath: string): Promise<object>;
  /** Starts what was measured; resolves once it listens on a loopback port. */
  start(configPath: string): Promise<{ port: number; stop: () => Promise<void> }>;
}

const serving = ['--models', demoModels];

/** The server as it is installed here, as a process of this computer. */
const installedProgram: EnclaveProgram = {
  recipe: 'scripts/build-enclave.ts',
  async measure(configPath) {
    return JSON.parse(
      await runCommand(['enclave', 'measure', '--config', configPath, ...serving, '--json']),
    ) as object;
  },
  async start(configPath) {
    const { ready, stop } = await startService([
      ...['enclave', 'serve', '--config', configPath, ...serving, '--simulate'],
      ...['--port', '0', '--log-size-hint', '2'],
    ]);
    return { port: Number(new URL(ready.url).port), stop };
  },
};

/** Starts everything in `folder`, which must be empty; `say` is told each step in one line. */
export async function startStack(
  folder: string,
  say: (line: string) => void,
  program: EnclaveProgram = installedProgram,
): Promise<Stack> {
  const running: Service[] = [];
  const start = async (args: string[]) => {
    const service = await startService(args);
    running.push(service);
    return service;
  };
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const close of closers) await close();
    await Promise.all(running.map((service) => service.stop()));
  };
  try {
    const { policyFile, keyFile } = await signFirstPolicy(folder);
    say(`Publishers   ${publishers.join(', ')}: ${threshold} of them approve a program`);
    const witnesses = await planWitnesses(folder);
    const logFolder = join(folder, 'log');
    const init = await runCommand([
      ...[
        'log',
        'init',
        '--dir',
        logFolder,
        '--origin',
        origin,
        '--policy',
        policyFile,
        '--quorum',
        String(quorum),
      ],
      ...witnesses.flatMap(({ key, url }) => ['--witness', `${key} ${url}`]),
      '--json',
    ]);
    const { key: logKey } = JSON.parse(init) as { key: string };
    await Promise.all(
      witnesses.map(({ keyPath, port }) =>
        start(['witness', 'serve', '--key', keyPath, '--log', logKey, '--port', String(port)]),
      ),
    );
    say(
      `Witnesses    ${witnesses.map(({ name }) => name).join(', ')}: ${quorum} of them must have seen the log`,
    );
    const log = {
      url: (await start(['log', 'serve', '--dir', logFolder, '--port', '0'])).ready.url,
      origin,
      key: logKey,
    };
    say(`Log          ${log.url}`);

    let enclavePort = 0;
    const tap = await startNetworkTap(() => enclavePort);
    closers.push(tap.close);
    const service = `http://127.0.0.1:${tap.port}`;
    const configPath = join(folder, 'enclave.json');
    await writeFile(configPath, JSON.stringify(demoConfig(service), null, 2));
    const domainFile = await writeDomain(folder, { service, log, witnesses });
    await approveEnclave(folder, program, { configPath, domainFile, logUrl: log.url, keyFile });
    say('Release      signed by ada and mary, in the log, cosigned by the witnesses');
    let enclave = await program.start(configPath);
    closers.push(() => enclave.stop());
    enclavePort = enclave.port;
    say(`Enclave      ${service} (simulated: nothing about it is private)`);
    const webChat = await startWebChat();
    closers.push(webChat.close);
    say(`Web chat     ${webChat.url}`);
    return {
      service,
      log,
      witnesses: witnesses.map(({ name, url, key }) => ({ name, url, key })),
      webChat,
      tap,
      domainFile,
      async replaceEnclave(startOther) {
        await enclave.stop();
        enclave = await startOther();
        enclavePort = enclave.port;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
