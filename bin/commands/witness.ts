/** `waxseal witness …`: cosign the checkpoints of transparency logs. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { NoteSigner } from '../../protocol/log/signer.ts';
import { createKeyFile, readKeyFile } from '../../transparency-log/keys/key-file.ts';
import { BACKLOG } from '../../transparency-log/patience.ts';
import { untilStopped } from '../../transparency-log/serve.ts';
import { buildWitnessServers } from '../../transparency-log/witness/app.ts';
import { logOfKey, parseLogList, type WitnessedLog } from '../../transparency-log/witness/log-list.ts';
import { type Command, exitCodes } from '../command.ts';
import { witnessCommandError } from './witness-errors.ts';

/** The key in the file; with `--init` it is made when there is none, so that the same command line can run again. */
async function openKey(path: string | undefined, init: string | undefined): Promise<NoteSigner> {
  if (path === undefined) throw witnessCommandError('WAX_WITNESSCOMMAND_OPTION', '--key');
  if (init === undefined) return readKeyFile(path, 4);
  const signer = existsSync(path) ? await readKeyFile(path, 4) : await createKeyFile(path, init, 4);
  if (signer.verifierKey.name !== init)
    throw witnessCommandError('WAX_WITNESSCOMMAND_NAME', signer.verifierKey.name);
  return signer;
}

async function readLogs(keys: readonly string[], lists: readonly string[]): Promise<WitnessedLog[]> {
  const logs = keys.map(logOfKey);
  for (const path of lists) {
    const text = await readFile(path, 'utf8').catch((cause) => {
      throw witnessCommandError('WAX_WITNESSCOMMAND_OPTION', `--logs ${path} cannot be read`, { cause });
    });
    logs.push(...parseLogList(text));
  }
  if (logs.length === 0) throw witnessCommandError('WAX_WITNESSCOMMAND_OPTION', '--log or --logs');
  return logs;
}

function readPort(text: string, name = 'port'): number {
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port > 65535)
    throw witnessCommandError('WAX_WITNESSCOMMAND_OPTION', `--${name}`);
  return port;
}

const serve: Command = {
  name: 'witness serve',
  summary: 'run a witness, which cosigns checkpoints of transparency logs',
  help: `Usage: waxseal witness serve --key FILE (--log VKEY | --logs FILE)... [OPTIONS]

Serves POST /add-checkpoint after C2SP tlog-witness, and for monitors GET /ORIGINHASH/checkpoint. A checkpoint is
cosigned only if it is shown to extend the one cosigned last, and only once that is on disk. Never run two
databases under one key, and never restore the database from a backup: the witness would sign a fork.

Options:
  --key FILE        the witness's signing key, mode 0600
  --init NAME       make the key under this name when the file does not exist, such as witness.example/w1
  --log VKEY        verifier key of a log to serve, whose origin is the key's name; may be repeated
  --logs FILE       list of logs in the format logs/v0 of the witness network; may be repeated
  --database FILE   what the witness remembers (witness.db beside the key)
  --host HOST       address to listen on (127.0.0.1)
  --port PORT       port to listen on, 0 for any (4002)
  --operator PORT   also serve a page for you on 127.0.0.1:PORT: each log's newest size, what was refused, disk
  --json            print one JSON object when it listens: url, operatorUrl, key, logs

Example:
  waxseal witness serve --key ./w1.key --init witness.example/w1 --log "$(waxseal log vkey --dir ./log)"

Exit codes: 0 stopped by a signal, 30 an option or a file is malformed.`,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        key: { type: 'string' },
        init: { type: 'string' },
        log: { type: 'string', multiple: true, default: [] },
        logs: { type: 'string', multiple: true, default: [] },
        database: { type: 'string' },
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '4002' },
        operator: { type: 'string' },
        json: { type: 'boolean' },
      },
    });
    const logs = await readLogs(values.log, values.logs);
    const port = readPort(values.port);
    const operatorPort = values.operator === undefined ? null : readPort(values.operator, 'operator');
    const signer = await openKey(values.key, values.init);
    const database = values.database ?? join(dirname(values.key ?? ''), 'witness.db');
    const { app, operator } = buildWitnessServers({ signer, logs, database });
    const operatorUrl =
      operatorPort === null ? null : await operator.listen({ host: '127.0.0.1', port: operatorPort });
    const url = await app.listen({ host: values.host, port, backlog: BACKLOG });
    const key = signer.verifierKey.text;
    const origins = logs.map(({ origin }) => origin);
    const lines = [
      `The witness listens on ${url}`,
      ...(operatorUrl === null ? [] : [`Its operator's page is ${operatorUrl}`]),
      `Verifier key: ${key}`,
      `Logs: ${origins.join(', ')}`,
    ];
    console.log(values.json ? JSON.stringify({ url, operatorUrl, key, logs: origins }) : lines.join('\n'));
    await untilStopped(app);
    return exitCodes.ok;
  },
};

const vkey: Command = {
  name: 'witness vkey',
  summary: 'print the verifier key of a witness',
  help: `Usage: waxseal witness vkey --key FILE [--init NAME] [--json]

Prints the verifier key (C2SP tlog-cosignature, Ed25519) of a witness, for logs and trust domains.

Options:
  --key FILE    the witness's signing key
  --init NAME   make the key under this name when the file does not exist
  --json        print one JSON object: key

Exit codes: 0 printed, 30 there is no key.`,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: { key: { type: 'string' }, init: { type: 'string' }, json: { type: 'boolean' } },
    });
    const { text } = (await openKey(values.key, values.init)).verifierKey;
    console.log(values.json ? JSON.stringify({ key: text }) : text);
    return exitCodes.ok;
  },
};

export const witnessCommands: readonly Command[] = [serve, vkey];
