import { describe, expect, it } from 'vitest';
import type { Attester } from '../../enclave-server/attester/attester.ts';
import { Batches } from '../../enclave-server/batches.ts';
import { EventList } from '../../enclave-server/events.ts';
import { reportDataOf } from '../../enclave-server/report-data.ts';
import { equalBytes, utf8 } from '../../protocol/bytes.ts';
import { batchLeaf, foldPath, reportData } from '../../protocol/session/batch.ts';
import { makeTdx } from '../support/attestation/intel-pki.ts';

const statement = utf8('statement');

function session() {
  const random = (size: number) => crypto.getRandomValues(new Uint8Array(size));
  return { nonce: random(32), headerBytes: random(32), pk: random(1216) };
}

/** Evidence of the SNP form that carries these 64 bytes. */
function evidenceOver(data: Uint8Array): { evidence: Uint8Array; endorsements: Uint8Array[] } {
  const evidence = new Uint8Array(1184);
  evidence.set(data, 0x50);
  return { evidence, endorsements: [] };
}

/** An attester whose reports come when the test says so. */
class ManualAttester implements Attester {
  readonly evidenceType = 1;
  readonly calls: { data: Uint8Array; resolve: (data?: Uint8Array) => void; reject: () => void }[] = [];

  report(data: Uint8Array) {
    const { promise, resolve, reject } = Promise.withResolvers<ReturnType<typeof evidenceOver>>();
    this.calls.push({
      data,
      resolve: (other = data) => resolve(evidenceOver(other)),
      reject: () => reject(new Error('firmware says secret things')),
    });
    return promise;
  }

  last() {
    const call = this.calls.at(-1);
    if (!call) throw new Error('no report was asked for');
    return call;
  }
}

function batches(attester: Attester, limits: { queued?: number; reportMs?: number } = {}) {
  const lines: string[] = [];
  const events = new EventList((line) => lines.push(line));
  const made = new Batches({ attester, statement, queued: 5000, reportMs: 5000, events, ...limits });
  return { batches: made, lines };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('Batches', () => {
  it('covers with one report what queued during the last one, and each place leads to it', async () => {
    const attester = new ManualAttester();
    const { batches: queue } = batches(attester);
    const first = queue.join(session());
    await settled();
    expect(attester.calls).toHaveLength(1);
    const later = Array.from({ length: 100 }, session);
    const places = Promise.all(later.map((one) => queue.join(one)));
    await settled();
    // One report is under way at a time.
    expect(attester.calls).toHaveLength(1);
    attester.last().resolve();
    await first;
    await settled();
    expect(attester.calls).toHaveLength(2);
    attester.last().resolve();
    const wanted = attester.last().data;
    for (const [index, { slot, path, evidence }] of (await places).entries()) {
      const leaf = batchLeaf(later[index] ?? session());
      expect(reportData(foldPath(leaf, slot, path), statement)).toEqual(wanted);
      expect(reportDataOf(1, evidence)).toEqual(wanted);
    }
    expect(new Set((await places).map(({ slot }) => slot)).size).toBe(100);
  });

  it('needs at most 20 reports for a thousand concurrent offers, and serves them in their order', async () => {
    let reports = 0;
    const attester: Attester = {
      evidenceType: 1,
      async report(data) {
        reports++;
        await settled();
        return evidenceOver(data);
      },
    };
    const { batches: queue } = batches(attester);
    const done: number[] = [];
    await Promise.all(
      Array.from({ length: 2500 }, async (_, index) => {
        await queue.join(session());
        done.push(index);
      }),
    );
    // 1,024 at most in each.
    expect(reports).toBe(3);
    expect(done).toEqual([...done].sort((a, b) => a - b));
  });

  it('hands out the places of a large batch in parts, so that timers run in between', async () => {
    const attester = new ManualAttester();
    const { batches: queue } = batches(attester);
    let done = 0;
    const all = Promise.all(Array.from({ length: 200 }, () => queue.join(session()).then(() => void done++)));
    await settled();
    const seen = new Set<number>();
    const watch = () => {
      seen.add(done);
      if (done < 200) setImmediate(watch);
    };
    setImmediate(watch);
    attester.last().resolve();
    await all;
    expect(seen.size).toBeGreaterThan(5);
  });

  it('refuses a report over other data than was asked for', async () => {
    const attester = new ManualAttester();
    const { batches: queue, lines } = batches(attester);
    const place = queue.join(session());
    await settled();
    const other = attester.last().data.slice();
    other[63] = (other[63] ?? 0) ^ 1;
    attester.last().resolve(other);
    await expect(place).rejects.toThrow('WAX_ENCLAVE_REPORT');
    expect(queue.working).toBe(false);
    expect(lines).toEqual(['{"event":"report-failed"}']);
  });

  it('survives the death of the attester, tells nothing of its words, and works again when it does', async () => {
    const attester = new ManualAttester();
    const { batches: queue, lines } = batches(attester);
    const failed = queue.join(session());
    await settled();
    attester.last().reject();
    await expect(failed).rejects.toThrow('WAX_ENCLAVE_REPORT');
    await expect(failed).rejects.not.toThrow('secret things');
    expect(lines.join()).not.toContain('secret');
    const works = queue.join(session());
    await settled();
    attester.last().resolve();
    await works;
    expect(queue.working).toBe(true);
  });

  it('fails everything that waits when a report is late, asks for no second one meanwhile, and recovers', async () => {
    const attester = new ManualAttester();
    const { batches: queue, lines } = batches(attester, { reportMs: 60 });
    const late = queue.join(session());
    await settled();
    const queued = queue.join(session());
    await expect(late).rejects.toThrow('WAX_ENCLAVE_REPORT');
    await expect(queued).rejects.toThrow('WAX_ENCLAVE_REPORT');
    await expect(queue.join(session())).rejects.toThrow('WAX_ENCLAVE_REPORT');
    expect(attester.calls).toHaveLength(1);
    expect(lines).toEqual(['{"event":"report-late"}']);
    attester.last().resolve();
    await settled();
    const works = queue.join(session());
    await settled();
    expect(attester.calls).toHaveLength(2);
    attester.last().resolve();
    await works;
  });

  it('refuses offers beyond the length of its queue', async () => {
    const attester = new ManualAttester();
    const { batches: queue } = batches(attester, { queued: 2 });
    const first = queue.join(session());
    await settled();
    const waiting = [queue.join(session()), queue.join(session())];
    await expect(queue.join(session())).rejects.toThrow('WAX_ENCLAVE_OVERLOADED');
    attester.last().resolve();
    await first;
    await settled();
    attester.last().resolve();
    await Promise.all(waiting);
  });
});

describe('reportDataOf', () => {
  it('finds the 64 bytes by type, and refuses types and lengths that it does not know', () => {
    const data = crypto.getRandomValues(new Uint8Array(64));
    const { evidence } = evidenceOver(data);
    expect(equalBytes(reportDataOf(0xf1, evidence), data)).toBe(true);
    const { input } = makeTdx();
    const quote = input.evidence.slice();
    quote.set(data, 568);
    expect(equalBytes(reportDataOf(2, quote), data)).toBe(true);
    expect(() => reportDataOf(2, quote.subarray(0, 600))).toThrow('WAX_ENCLAVE_REPORT');
    expect(() => reportDataOf(3, evidence)).toThrow('WAX_ENCLAVE_REPORT');
    expect(() => reportDataOf(1, evidence.subarray(0, 143))).toThrow('WAX_ENCLAVE_REPORT');
  });
});
