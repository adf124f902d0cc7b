/** `waxseal relay`: stand between people and enclave services, so that these do not see their addresses. */
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { BACKLOG, createRelay } from '../../relay/app.ts';
import { parseServices } from '../../relay/routes.ts';
import { type Command, exitCodes } from '../command.ts';
import { relayCommandError } from './relay-errors.ts';

function readNumber(text: string, name: string, least: number, most: number): number {
  const number = Number(text);
  if (!/^[0-9]{1,6}$/.test(text) || number < least || number > most)
    throw relayCommandError('WAX_RELAYCOMMAND_OPTION', `--${name}`);
  return number;
}

export const relayCommand: Command = {
  name: 'relay',
  summary: 'hide the addresses of people from enclave services',
  help: `Usage: waxseal relay --service ORIGIN... [OPTIONS]

Takes sealed requests and hands them on to the services named, and to no others, with nothing of the sender but
the sealed bytes: no address, no cookie, no name of a browser. It keeps nothing and logs nothing. It cannot read
what it carries. Run it only for services that are not yours: whoever runs both sees both. A trust domain names
the relay for an enclave; \`waxseal chat --relay URL\` uses any. docs/operators.md says what belongs in front.

Options:
  --service ORIGIN  a service to carry, such as https://chat.example; repeat it for more. http is for loopback only
  --host HOST       address to listen on (127.0.0.1)
  --port PORT       port to listen on, 0 for any (4003)
  --most N          requests under way at once (1000); above it, 503
  --json            print one JSON object when it listens: url, services

Example:
  waxseal relay --service https://chat.fernhill.example

Exit codes: 0 stopped by a signal, 30 an option is malformed.`,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        service: { type: 'string', multiple: true, default: [] },
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '4003' },
        most: { type: 'string', default: '1000' },
        json: { type: 'boolean' },
      },
    });
    const services = parseServices(values.service);
    const port = readNumber(values.port, 'port', 0, 65_535);
    const relay = createRelay({ services, most: readNumber(values.most, 'most', 1, 100_000) });
    await new Promise<void>((resolve, reject) => {
      relay.once('error', reject).listen({ port, host: values.host, backlog: BACKLOG }, resolve);
    });
    const bound = relay.address() as AddressInfo;
    const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
    const url = `http://${host}:${bound.port}`;
    const carried = [...services.values()].map(({ origin }) => origin);
    console.log(
      values.json
        ? JSON.stringify({ url, services: carried })
        : `The relay listens on ${url}\nServices: ${carried.join(', ')}`,
    );
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    });
    await new Promise<void>((resolve) => {
      relay.close(() => resolve());
      relay.closeAllConnections();
    });
    return exitCodes.ok;
  },
};
