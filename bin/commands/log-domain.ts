/** `waxseal log domain`: what the users of a log need, with the pin of this moment. */

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sha256 } from '@noble/hashes/sha2.js';
import { toBase64, toHex } from '../../protocol/bytes.ts';
import { verifyCheckpoint } from '../../protocol/log/checkpoint.ts';
import { verifyCosignatures } from '../../protocol/log/cosignature.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { formatTrustDomain, parseTrustDomain } from '../../protocol/policy.ts';
import { LogReader } from '../../transparency-log/audit/log-reader.ts';
import { logFiles, parseLogConfig, readLogFile } from '../../transparency-log/config.ts';
import { readKeyFile } from '../../transparency-log/keys/key-file.ts';
import { parseWitnessPolicy } from '../../transparency-log/witness-policy.ts';
import { type Command, exitCodes } from '../command.ts';
import { logCommandError } from './log-errors.ts';

/** Who runs each witness, by its name. */
function readOperators(texts: readonly string[]): Map<string, string> {
  return new Map(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1 || at === text.length - 1) {
        throw logCommandError('WAX_LOGCOMMAND_OPTION', '--witness-operator "NAME=WHO"');
      }
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

export const domain: Command = {
  name: 'log domain',
  summary: 'write the trust domain of a log, for its users',
  help: `Usage: waxseal log domain --dir DIR --url URL --name NAME [--witness-operator "NAME=WHO"]...

Asks the log at URL for its checkpoint, checks the log's signature and the quorum of its witnesses, and prints a
trust domain that pins that tree: people import it into Waxseal, auditors and publishers name it with --domain.
Add the enclaves that it vouches for, and read it over: whoever has this file believes it. A trust domain knows no
groups of witnesses, so the log's witness policy must ask for any K of them.

Options:
  --dir DIR   folder made by waxseal log init
  --url URL   where readers find the log
  --name NAME what people see
  --witness-operator "NAME=WHO"
              who runs the witness of that name; the name itself unless said

Exit codes: 0 printed, 20 the log cannot be reached, 30 an option or the checkpoint is not as it must be.`,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        dir: { type: 'string' },
        url: { type: 'string' },
        name: { type: 'string' },
        'witness-operator': { type: 'string', multiple: true, default: [] },
      },
    });
    const { dir, url: address, name } = values;
    if (dir === undefined || address === undefined || name === undefined) {
      throw logCommandError('WAX_LOGCOMMAND_OPTION', '--dir, --url and --name');
    }
    const url = address.replace(/\/$/, '');
    const { origin } = parseLogConfig(await readLogFile(dir, logFiles.config));
    const witnesses = parseWitnessPolicy(await readLogFile(dir, logFiles.witnesses));
    const quorum = witnesses.threshold;
    if (quorum === null) throw logCommandError('WAX_LOGCOMMAND_GROUPS');
    const { verifierKey } = await readKeyFile(join(dir, logFiles.key), 1);
    const operators = readOperators(values['witness-operator']);
    const note = await new LogReader({ url, fetch, timeoutMs: 10_000 }).checkpoint();
    const { size, root } = await verifyCheckpoint(note, verifierKey, origin);
    const keys = witnesses.endpoints.map(({ key }) => key);
    const signed = await verifyCosignatures(parseNote(note), keys);
    if (signed.length < quorum) {
      throw logCommandError('WAX_LOGCOMMAND_QUORUM', `${signed.length} of ${quorum}`);
    }
    const file = {
      format: 'waxseal-trust-domain/1',
      name,
      log: { origin, url, key: verifierKey.text, pin: { size, root: toBase64(root) } },
      witnesses: keys.map((key) => ({
        name: key.name,
        operator: operators.get(key.name) ?? key.name,
        key: key.text,
      })),
      quorum,
      faulty: 0,
      policyEntry: toHex(sha256(await readLogFile(dir, logFiles.policy))),
      hardware: { 'sev-snp': {}, tdx: {}, nitro: {} },
      freshness: { cosignatureHours: 24, syncMinutes: 15 },
      enclaves: [],
    };
    console.log(formatTrustDomain(parseTrustDomain(JSON.stringify(file))));
    return exitCodes.ok;
  },
};
