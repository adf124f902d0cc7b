/** The example configurations of enclave-server/deploy, run with the real programs at other ports and paths. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../demo/service.ts';
import { type EnclaveProcess, startEnclaveProcess } from './enclave-process.ts';

export type ProxyName = 'nginx' | 'haproxy';

export interface RunningProxy {
  /** Plain HTTP/1.1, which the example has not: TLS is tried at `tls`. */
  url: string;
  tls: string;
  folder: string;
  /** Everything that it has printed. */
  output: () => string;
  stop(): Promise<void>;
}

const places = { nginx: '/usr/sbin/nginx', haproxy: '/usr/sbin/haproxy' };
const examples = { nginx: 'nginx.conf', haproxy: 'haproxy.cfg' };

export const isInstalled = (name: ProxyName) => existsSync(places[name]);

/** Each must be there: an example in which nothing was replaced would be tried on somebody's real ports. */
function replaceAll(text: string, replacements: readonly [string, string][]): string {
  return replacements.reduce((result, [from, to]) => {
    if (!result.includes(from)) throw new Error(`the example has no ${from}`);
    return result.replaceAll(from, to);
  }, text);
}

/** A certificate for one day, as the examples want it. */
function makeCertificate(folder: string): void {
  const key = join(folder, 'privkey.pem');
  const certificate = join(folder, 'fullchain.pem');
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
      ...['-subj', '/CN=chat.fernhill.example', '-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  const both = readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8');
  writeFileSync(join(folder, 'chat.fernhill.example.pem'), both);
}

const portOf = ({ url }: EnclaveProcess) => Number(new URL(url).port);

export interface ProxiedServers {
  servers: [EnclaveProcess, EnclaveProcess];
  proxy: RunningProxy;
  stop(): Promise<void>;
}

/** Two servers under the names that the examples know, and the proxy in front of them. */
export async function startProxied(name: ProxyName, bundle: string, config: object): Promise<ProxiedServers> {
  const [one, two] = await Promise.all(
    ['00000001', '00000002'].map((instance) =>
      startEnclaveProcess(bundle, { config, more: ['--instance', instance] }),
    ),
  );
  if (!one || !two) throw new Error('no servers');
  const proxy = await startProxy(name, [portOf(one), portOf(two)]);
  return {
    servers: [one, two],
    proxy,
    async stop() {
      await proxy.stop();
      await Promise.all([one.stop(), two.stop()]);
    },
  };
}

/** Starts the example in front of two servers, of which `ports` are the ports. */
async function startProxy(name: ProxyName, [one, two]: readonly [number, number]): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), `waxseal-${name}-`));
  makeCertificate(folder);
  const [plain, tls] = await Promise.all([freePort(), freePort()]);
  const example = readFileSync(
    new URL(`../../enclave-server/deploy/${examples[name]}`, import.meta.url),
    'utf8',
  );
  const file = join(folder, examples[name]);
  const servers: [string, string][] = [
    ['127.0.0.1:4443', `127.0.0.1:${one}`],
    ['127.0.0.1:4444', `127.0.0.1:${two}`],
  ];
  const changes: { [of in ProxyName]: [string, string][] } = {
    nginx: [
      ['listen 443 ssl http2 backlog=4096;', `listen 127.0.0.1:${tls} ssl http2; listen 127.0.0.1:${plain};`],
      // Where it would keep what it cannot hold: nothing must come there.
      [
        'access_log off;',
        `access_log off; client_body_temp_path ${folder}/kept; proxy_temp_path ${folder}/kept;`,
      ],
      // All of them come from one address here.
      ['rate=5r/s', 'rate=1000r/s'],
    ],
    haproxy: [
      ['bind :443', `bind 127.0.0.1:${plain}\n  bind 127.0.0.1:${tls}`],
      ['crt chat.', `crt ${folder}/chat.`],
      ['gt 90', 'gt 9000'],
    ],
  };
  writeFileSync(file, replaceAll(example, [...servers, ...changes[name]]));
  const args = {
    nginx: ['-p', folder, '-c', file, '-g', 'daemon off;'],
    haproxy: ['-db', '-f', file],
  };
  const child: ChildProcess = spawn(places[name], args[name], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${plain}`;
  const answers = () =>
    fetch(`${url}/health`).then(
      ({ status }) => status === 200,
      () => false,
    );
  for (let tries = 0; !(await answers()); tries++) {
    if (child.exitCode !== null || tries > 300) throw new Error(`${name} does not answer: ${output}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url,
    tls: `https://127.0.0.1:${tls}`,
    folder,
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
