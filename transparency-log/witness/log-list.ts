/**
 * Which logs a witness serves, in the list format "logs/v0" of the public witness network.
 * @module
 */
import { parseVerifierKey, type VerifierKey } from '../../protocol/log/note.ts';
import { witnessError } from './errors.ts';

export interface WitnessedLog {
  origin: string;
  key: VerifierKey;
  /** How many requests the log may make in a day; null for no limit. */
  requestsPerDay: number | null;
}

/** A log named by its key alone, whose origin is the key's name. */
export function logOfKey(vkey: string): WitnessedLog {
  const key = parseVerifierKey(vkey);
  if (key.type !== 1) throw witnessError('WAX_WITNESS_LOG_LIST', `${key.name} is not the key of a log`);
  return { origin: key.name, key, requestsPerDay: null };
}

/** Parses a list: after the header, each log starts with `vkey`; `origin`, `bastion`, `qpd` and `contact` may follow. */
export function parseLogList(text: string): WitnessedLog[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const [header, ...rest] = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (header !== 'logs/v0') throw witnessError('WAX_WITNESS_LOG_LIST', 'no header');
  const logs: WitnessedLog[] = [];
  for (const line of rest) {
    const [word = '', value = ''] = splitAtSpace(line);
    if (word === 'vkey') {
      logs.push(logOfKey(value));
      continue;
    }
    const log = logs.at(-1);
    if (log === undefined || value === '') throw witnessError('WAX_WITNESS_LOG_LIST', line.slice(0, 80));
    if (word === 'origin') log.origin = value === 'none' ? log.key.name : value;
    else if (word === 'qpd') log.requestsPerDay = parseRate(value);
    // A bastion is an offer that a witness may leave; a contact is for people.
    else if (word !== 'bastion' && word !== 'contact')
      throw witnessError('WAX_WITNESS_LOG_LIST', line.slice(0, 80));
  }
  return logs;
}

function splitAtSpace(line: string): [string, string] {
  const space = line.indexOf(' ');
  return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
}

function parseRate(value: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(value))
    throw witnessError('WAX_WITNESS_LOG_LIST', `qpd ${value.slice(0, 20)}`);
  return Number(value);
}
