/** The admin address of an enclave server, seen from the host: a Unix socket, or a port on this machine. @module */
import { request } from 'node:http';
import { ByteReader, concatBytes, u32 } from '../../protocol/bytes.ts';
import { stapleError } from './errors.ts';

const TIMEOUT_MS = 30_000;
const MOST_BYTES = 1 << 20;

function send(admin: string, method: string, path: string, body?: Uint8Array): Promise<Buffer> {
  const [host, port] = admin.startsWith('/') ? [] : admin.split(':');
  const where = host === undefined ? { socketPath: admin } : { host, port: Number(port) };
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const fail = (detail: string, cause?: unknown) =>
    reject(stapleError('WAX_STAPLE_ADMIN', detail, { cause }));
  const outgoing = request({ ...where, method, path, timeout: TIMEOUT_MS, agent: false }, (response) => {
    const parts: Buffer[] = [];
    let size = 0;
    response.on('data', (part: Buffer) => {
      size += part.length;
      if (size > MOST_BYTES) outgoing.destroy();
      parts.push(part);
    });
    response.once('end', () => {
      if (response.statusCode === 200) resolve(Buffer.concat(parts));
      else fail(`${response.statusCode} for ${method} ${path}`);
    });
    response.once('close', () => fail('cut off'));
  });
  outgoing.once('error', (cause) => fail(admin, cause));
  outgoing.once('timeout', () => outgoing.destroy());
  outgoing.end(body);
  return promise;
}

export interface MachineEvidence {
  evidenceType: number;
  evidence: Uint8Array;
}

/** The newest report of the server, and whether endorsements go with its reports. */
export async function readMachine(admin: string): Promise<MachineEvidence & { stapled: boolean }> {
  const reader = new ByteReader(new Uint8Array(await send(admin, 'GET', '/evidence')));
  const evidenceType = reader.u8();
  const evidence = reader.take(reader.u32()).slice();
  const { stapled }: { stapled?: unknown } = JSON.parse(String(await send(admin, 'GET', '/counters')));
  return { evidenceType, evidence, stapled: stapled === true };
}

/** Pushes endorsements in. */
export async function pushStaple(admin: string, endorsements: readonly Uint8Array[]): Promise<void> {
  const items = endorsements.flatMap((item) => [u32(item.length), item]);
  await send(admin, 'PUT', '/staple', concatBytes(...items));
}
