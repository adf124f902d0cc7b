/** `waxseal log …`: begin and run a transparency log, and submit entries to one. */
import { readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CodedError } from '../../protocol/errors.ts';
import { parseEnvelope } from '../../protocol/log/dsse.ts';
import { parseVerifierKey } from '../../protocol/log/note.ts';
import { parseStatement } from '../../protocol/log/statement.ts';
import { formatTlogPolicy } from '../../protocol/log/tlog-policy.ts';
import { formatLogConfig, logFiles } from '../../transparency-log/config.ts';
import { createKeyFile, readKeyFile } from '../../transparency-log/keys/key-file.ts';
import { serveLog, untilStopped } from '../../transparency-log/serve.ts';
import type { WitnessEndpoint } from '../../transparency-log/witness/client.ts';
import { anyOf, parseWitnessPolicy } from '../../transparency-log/witness-policy.ts';
import { type Command, exitCodes } from '../command.ts';
import { domain } from './log-domain.ts';
import { logCommandError } from './log-errors.ts';

function required(value: string | undefined, name: string): string {
  if (value === undefined) throw logCommandError('WAX_LOGCOMMAND_OPTION', `--${name}`);
  return value;
}

/** Prints one JSON object, or lines for people. */
function print(json: boolean | undefined, data: Record<string, unknown>, lines: string[]): void {
  console.log(json ? JSON.stringify(data) : lines.join('\n'));
}

/** `VKEY URL` as one argument. */
function readWitness(text: string): WitnessEndpoint {
  const [key, url, ...rest] = text.split(' ');
  if (!key || !url || rest.length > 0) throw logCommandError('WAX_LOGCOMMAND_OPTION', '--witness "VKEY URL"');
  return { key: parseVerifierKey(key), url };
}

interface WitnessOptions {
  witness: string[];
  quorum?: string | undefined;
  'witness-policy'?: string | undefined;
}

/** The bytes of `witnesses.policy`: a file as it is, or any k of the witnesses that are listed. */
async function readWitnesses({
  witness,
  quorum,
  'witness-policy': path,
}: WitnessOptions): Promise<Uint8Array> {
  if (path !== undefined) {
    if (witness.length > 0 || quorum !== undefined)
      throw logCommandError('WAX_LOGCOMMAND_OPTION', '--witness-policy alone');
    const bytes = await readFile(path).catch((cause) => {
      throw logCommandError('WAX_LOGCOMMAND_OPTION', `--witness-policy ${path} cannot be read`, { cause });
    });
    parseWitnessPolicy(bytes);
    return bytes;
  }
  const endpoints = witness.map(readWitness);
  const bytes = formatTlogPolicy(anyOf(endpoints, Number(quorum ?? Math.floor(endpoints.length / 2) + 1)));
  parseWitnessPolicy(bytes);
  return bytes;
}

async function readFirstPolicy(path: string, origin: string): Promise<Uint8Array> {
  const entry = await readFile(path).catch((cause) => {
    throw logCommandError('WAX_LOGCOMMAND_POLICY', path, { cause });
  });
  const statement = parseStatement(parseEnvelope(entry).payload);
  if (statement.kind !== 'policy' || statement.policy !== null || statement.log !== origin) {
    throw logCommandError('WAX_LOGCOMMAND_POLICY', path);
  }
  return entry;
}

const init: Command = {
  name: 'log init',
  summary: 'make the key and the folder of a new transparency log',
  help: `Usage: waxseal log init --dir DIR --origin ORIGIN --policy FILE (--witness "VKEY URL"... | --witness-policy FILE)
                        [OPTIONS]

Makes DIR with a new signing key (log.key, readable by you only), the configuration (log.json), the witnesses
(witnesses.policy, in the form of C2SP tlog-policy, which you may edit) and the first policy (policy-entry.json),
which the log sequences as entry 0 when it first starts. Prints the verifier key that witnesses and clients need.
An existing key is never overwritten.

Options:
  --dir DIR             folder of the log
  --origin ORIGIN       name of the log for ever, such as example.org/waxseal-log
  --policy FILE         signed envelope of the first policy statement
  --witness "VKEY URL"  verifier key and address of a witness; once for each
  --quorum K            cosignatures a checkpoint needs; more than half of the witnesses (default)
  --witness-policy FILE witnesses, their addresses, groups and quorum from a C2SP tlog-policy file instead; any two
                        quorums must have a witness in common
  --public-url URL      where readers find the log, if behind another server
  --json                print one JSON object

Example:
  waxseal log init --dir ./log --origin example.org/log --policy policy.json \\
    --witness "w1.example+1f…+BA… https://w1.example"

Exit codes: 0 done, 30 an option or a file is malformed.`,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        dir: { type: 'string' },
        origin: { type: 'string' },
        policy: { type: 'string' },
        witness: { type: 'string', multiple: true, default: [] },
        quorum: { type: 'string' },
        'witness-policy': { type: 'string' },
        'public-url': { type: 'string' },
        json: { type: 'boolean' },
      },
    });
    const folder = required(values.dir, 'dir');
    const origin = required(values.origin, 'origin');
    const policy = await readFirstPolicy(required(values.policy, 'policy'), origin);
    const witnesses = await readWitnesses(values);
    const config = formatLogConfig({ origin, publicUrl: values['public-url'] ?? null });
    const { verifierKey } = await createKeyFile(join(folder, logFiles.key), origin, 1);
    await writeFile(join(folder, logFiles.config), config);
    await writeFile(join(folder, logFiles.witnesses), witnesses);
    await writeFile(join(folder, logFiles.policy), policy);
    print(values.json, { folder, origin, key: verifierKey.text }, [
      `The log ${origin} is ready in ${folder}.`,
      `Verifier key: ${verifierKey.text}`,
      'Give it to the witnesses, then run: waxseal log serve --dir '.concat(folder),
    ]);
    return exitCodes.ok;
  },
};

function readPort(text: string, name: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535)
    throw logCommandError('WAX_LOGCOMMAND_OPTION', `--${name}`);
  return Number(text);
}

/** An IP address, or a network of them. */
function readProxy(text: string | undefined): string | undefined {
  const [address = '', bits, ...rest] = text?.split('/') ?? [];
  const fits =
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIP(address) === 4 ? 32 : 128));
  if (text !== undefined && (isIP(address) === 0 || !fits || rest.length > 0)) {
    throw logCommandError('WAX_LOGCOMMAND_OPTION', '--proxy');
  }
  return text;
}

const serve: Command = {
  name: 'log serve',
  summary: 'run a transparency log',
  help: `Usage: waxseal log serve --dir DIR [--host HOST] [--port PORT] [OPTIONS]

Serves the static files of C2SP tlog-tiles (/checkpoint, /tile/…), the JSON API (/openapi.json) and the
explorer page. Refuses to start on a database that is behind anything this log ever published or that a witness
has seen. Without a quorum of witnesses it serves reads only, and tries again by itself.

Options:
  --dir DIR     folder made by waxseal log init
  --host HOST   address to listen on (127.0.0.1)
  --port PORT   port to listen on (4001)
  --proxy ADDRESS
                the proxy in front, such as 127.0.0.1 or 10.0.0.0/8: its X-Forwarded-For says whose refused
                submissions are counted; without it all that come through a proxy count as one sender
  --operator PORT
                also serve a page for you on 127.0.0.1:PORT: size, each witness's last answer, what was refused,
                disk; 0 for any port
  --json        print one JSON object when it listens: url, operatorUrl

Exit codes: 0 stopped by a signal, 30 it must not run; the code printed says why.`,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        dir: { type: 'string' },
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '4001' },
        proxy: { type: 'string' },
        operator: { type: 'string' },
        json: { type: 'boolean' },
      },
    });
    const port = readPort(values.port, 'port');
    const { app, url, operatorUrl } = await serveLog({
      folder: required(values.dir, 'dir'),
      host: values.host,
      port,
      proxy: readProxy(values.proxy),
      operatorPort: values.operator === undefined ? undefined : readPort(values.operator, 'operator'),
      onProblem: ({ message }) => console.error(message),
    });
    print(values.json, { url, operatorUrl }, [
      `The log listens on ${url}`,
      ...(operatorUrl === null ? [] : [`Its operator's page is ${operatorUrl}`]),
    ]);
    await untilStopped(app);
    return exitCodes.ok;
  },
};

interface Outcome {
  file: string;
  state: 'added' | 'known' | 'waiting' | 'refused' | 'unreachable';
  index?: number;
  code?: string;
  message?: string;
}

const STATES: Record<number, Outcome['state']> = { 200: 'known', 201: 'added', 202: 'waiting' };

async function appendFile(url: string, file: string): Promise<Outcome> {
  const entry = await readFile(file).catch((cause) => {
    throw logCommandError('WAX_LOGCOMMAND_OPTION', `${file} cannot be read`, { cause });
  });
  // An editor's or a shell's last newline is not part of the envelope.
  const body = entry.at(-1) === 0x0a ? entry.subarray(0, -1) : entry;
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/api/v1/entries`, { method: 'POST', headers, body });
    const answer = (await response.json()) as { index?: number; code?: string; message?: string };
    const state = STATES[response.status] ?? (response.status >= 500 ? 'unreachable' : 'refused');
    return { file, state, ...answer };
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    return { file, state: 'unreachable', message: `${url} does not answer` };
  }
}

function describe({ file, state, index, message }: Outcome): string {
  if (state === 'added') return `${file}: entry ${index}`;
  if (state === 'known') return `${file}: entry ${index}, which the log had already`;
  if (state === 'waiting') return `${file}: accepted, not yet witnessed; run the same command again to see`;
  return `${file}: not added. ${message ?? ''}`;
}

const append: Command = {
  name: 'log append',
  summary: 'submit signed entries to a transparency log',
  help: `Usage: waxseal log append --url URL FILE... [--json]

Submits each FILE (a signed envelope, as waxseal release writes it) and waits until a witnessed checkpoint holds
it. Safe to repeat: the same statement always has the same index.

Options:
  --url URL   address of the log
  --json      print one JSON object for each file

Exit codes: 0 all are in the log, 10 the log refused one, 20 not reachable or not yet witnessed, 30 usage.`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { url: { type: 'string' }, json: { type: 'boolean' } },
    });
    const url = required(values.url, 'url').replace(/\/$/, '');
    if (positionals.length === 0) throw logCommandError('WAX_LOGCOMMAND_OPTION', 'FILE');
    let worst: number = exitCodes.ok;
    for (const file of positionals) {
      const outcome = await appendFile(url, file);
      print(values.json, { ...outcome }, [describe(outcome)]);
      if (outcome.state === 'refused') worst = exitCodes.rejected;
      else if (outcome.index === undefined && worst === exitCodes.ok) worst = exitCodes.unreachable;
    }
    return worst;
  },
};

const vkey: Command = {
  name: 'log vkey',
  summary: 'print the verifier key of a log',
  help: `Usage: waxseal log vkey --dir DIR [--json]

Prints the verifier key (C2SP signed-note) of the log in DIR, for witnesses and trust domains.

Exit codes: 0 printed, 30 there is no key.`,
  async run(args) {
    const { values } = parseArgs({ args, options: { dir: { type: 'string' }, json: { type: 'boolean' } } });
    const { verifierKey } = await readKeyFile(join(required(values.dir, 'dir'), logFiles.key), 1);
    print(values.json, { key: verifierKey.text }, [verifierKey.text]);
    return exitCodes.ok;
  },
};

export const logCommands: readonly Command[] = [init, serve, append, vkey, domain];
