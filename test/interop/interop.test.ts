import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOffer } from '../../protocol/session/offer.ts';
import { postOffer, startEnclave, type TestEnclave } from '../support/enclave.ts';

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const vectors = fileURLToPath(new URL('../vectors/session/', import.meta.url));

const available = spawnSync('python3', ['-c', 'import cryptography']).status === 0;
if (!available) process.stderr.write('skipped: python3 with its cryptography package is not installed\n');

/** Runs a script of the second implementation; never rejects. */
function python(...words: string[]): Promise<{ status: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile('python3', words, (error, out, err) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? 1), out, err });
    });
  });
}

describe.skipIf(!available)('the implementation in Python', () => {
  let enclave: TestEnclave;

  beforeAll(async () => {
    enclave = await startEnclave();
  });
  afterAll(async () => {
    await enclave?.app.close();
  });

  it('passes the session vectors', async () => {
    const { status, out } = await python(script('run_vectors.py'));
    expect(out).not.toContain('  ');
    expect(out.trim().split('\n')).toHaveLength(16);
    expect(status).toBe(0);
  });

  it('fails them when a result is another, or when something is refused that should not be', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'waxseal-vectors-'));
    try {
      cpSync(vectors, folder, { recursive: true });
      const file = join(folder, 'offer.json');
      const changed = JSON.parse(readFileSync(file, 'utf8')) as {
        cases: { nonce?: string; refused?: string }[];
      };
      for (const one of changed.cases) {
        if (one.nonce !== undefined) one.nonce = '00'.repeat(32);
        delete one.refused;
      }
      writeFileSync(file, JSON.stringify(changed));
      const { status, out } = await python(script('run_vectors.py'), folder);
      expect(out).toContain('offer.json: 0 of 7 cases');
      expect(status).toBe(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('holds a sealed chat with the enclave server, over several turns', async () => {
    const { status, out, err } = await python(script('client.py'), enclave.url, 'Hello', '--turns', '3');
    expect(out).toBe('Hello.\nHello.\nHello.\n');
    expect(err.match(/"state": "complete".*"session": "kept"/g)).toHaveLength(3);
    expect(err).toContain('attestation is NOT verified');
    expect(status).toBe(0);
  });

  it('reads a block as well as a stream', async () => {
    const { status, out } = await python(script('client.py'), enclave.url, 'Hello', '--block');
    expect([status, out]).toEqual([0, 'Hello.\n']);
  });

  it('understands a refusal inside the seal', async () => {
    const { status, err } = await python(script('client.py'), enclave.url, 'Hello', '--model', 'unknown');
    expect(err).toContain('"error": "model-unknown"');
    expect(status).toBe(1);
  });

  it('notices an answer to somebody else', async () => {
    const answer = await postOffer(enclave.url, createOffer().body);
    const body = new Uint8Array(await answer.arrayBuffer());
    const server = createServer((_, response) => response.end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const { status, err } = await python(script('client.py'), url, 'Hello');
      expect(err).toContain('the evidence does not answer this offer');
      expect(status).toBe(1);
    } finally {
      server.close();
    }
  });
});
