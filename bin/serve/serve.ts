/** `waxseal chat --serve`: checks the service, then keeps the local endpoint open until it is told to end. */

import { ChatSession } from '../../extension/session/chat-session.ts';
import { parseUtf8 } from '../../protocol/bytes.ts';
import { type ClientValues, readClient, readInput } from '../client.ts';
import { clientCommandError } from '../client-errors.ts';
import { exitCodes } from '../command.ts';
import { reportLines } from '../report-text.ts';
import { readApiKey } from './guard.ts';
import { startLocalApi } from './local-api.ts';

export interface ServeValues extends ClientValues {
  serve: string;
  'api-key'?: string;
  json: boolean;
}

async function readKeys(path: string | undefined) {
  if (path === undefined) return null;
  const keys = readApiKey(parseUtf8(await readInput(path)));
  if (keys === null)
    throw clientCommandError('WAX_CLIENTCOMMAND_OPTION', '--api-key: 16 to 512 printable characters');
  return keys;
}

function readPort(text: string): number {
  if (!/^(0|[1-9][0-9]{0,4})$/.test(text) || Number(text) > 65_535) {
    throw clientCommandError('WAX_CLIENTCOMMAND_OPTION', '--serve');
  }
  return Number(text);
}

const ended = () =>
  new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve());
  });

/** Runs until SIGINT or SIGTERM; resolves to the exit code. */
export async function serve(url: string | undefined, values: ServeValues): Promise<number> {
  const port = readPort(values.serve);
  const keys = await readKeys(values['api-key']);
  const client = await readClient(url, values);
  const first = new ChatSession(client);
  const { report, phase } = await first.check();
  if (report?.verdict !== 'pass') {
    first.close();
    const why = report ? reportLines(report) : ['No answer. Nothing failed a check.'];
    console.error([...why, '', 'Nothing is served.'].join('\n'));
    return phase === 'refused' ? exitCodes.rejected : exitCodes.unreachable;
  }
  let checked: ChatSession | null = first;
  const api = await startLocalApi({
    open: () => {
      const chat = checked ?? new ChatSession(client);
      checked = null;
      return chat;
    },
    service: client.service.origin,
    port,
    keys,
  }).catch((cause) => {
    throw clientCommandError('WAX_CLIENTCOMMAND_OPTION', '--serve: the port cannot be had', { cause });
  });
  const { simulated, service } = report;
  if (values.json) console.log(JSON.stringify({ url: api.url, service, simulated }));
  else {
    const words = simulated ? 'Simulated, not private: its operator can read it.' : `Sealed to ${service}.`;
    console.log(`${words} Listening on ${api.url}`);
  }
  await ended();
  await api.close();
  return exitCodes.ok;
}
