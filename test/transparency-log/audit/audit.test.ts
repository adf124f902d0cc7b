import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import type { Evidence } from '../../../protocol/log/evidence.ts';
import { type AuditOptions, auditLog } from '../../../transparency-log/audit/audit.ts';
import { verifyEvidence } from '../../../transparency-log/audit/evidence.ts';
import type { AuditReport } from '../../../transparency-log/audit/report.ts';
import { DAY, LogBuilder } from '../../support/log-builder.ts';
import { LogWorld, submit } from '../../support/log-server.ts';
import { ServedLog } from '../../support/served-log.ts';

/** Cosignatures of real witnesses carry the real time. */
const now = Math.floor(Date.now() / 1000) * 1000;

async function buildLog(size: number, seed = 'log'): Promise<LogBuilder> {
  const builder = await LogBuilder.create({ at: now, seed });
  for (let version = 1; builder.size < size; version++) await builder.release({ version });
  await builder.publish();
  return builder;
}

let served: ServedLog;

beforeEach(async () => {
  served = await ServedLog.start(await buildLog(5));
});

afterEach(() => served.close());

function audit(changes: Partial<AuditOptions> = {}) {
  const { builder, url } = served;
  const domain = builder.domain();
  const log = {
    origin: builder.origin,
    key: domain.log.key,
    witnesses: domain.witnesses.map(({ key }) => key),
  };
  return auditLog({ url, log, domain, now: () => now, timeoutMs: 2000, waitMs: 0, ...changes });
}

const outcome = ({ checks }: AuditReport) =>
  Object.fromEntries(
    checks.filter(({ state }) => state !== 'pass').map(({ id, state, code }) => [id, code ?? state]),
  );

async function proves(evidence: Evidence | null): Promise<string> {
  if (evidence === null) throw new Error('no evidence');
  return verifyEvidence(JSON.parse(JSON.stringify(evidence)));
}

describe('an audit', () => {
  it('finds nothing wrong with an honest log, and says what is in it', async () => {
    await served.builder.revoke(1);
    await served.builder.publish();
    const witnesses = await Promise.all([0, 1, 2].map((index) => served.startWitness(index)));
    const remembered = await served.builder.sealCheckpoint({ size: 3 });
    const { report, checkpoint } = await audit({ witnesses, remembered });
    expect(outcome(report)).toEqual({ search: 'skipped' });
    expect(report.verdict).toBe('ok');
    expect(report.log).toMatchObject({ origin: 'log.example/waxseal', size: 6 });
    expect(report.entries).toMatchObject({
      total: 6,
      policyIndex: 0,
      releases: { live: 3, expired: 0, takenBack: 1 },
    });
    expect(report.witnesses.map(({ view }) => view?.size)).toEqual([6, 6, 6]);
    expect(checkpoint).toBe(served.builder.checkpoint);
  });

  it('finds nothing wrong with a log of several full tiles, and tells how far it is', async () => {
    const builder = await buildLog(3);
    for (let index = 0; builder.size < 600; index++) builder.addBytes(utf8(`filler ${index}`));
    await builder.publish();
    served.builder = builder;
    const stages = new Set<string>();
    const { report } = await audit({
      domain: null,
      onProgress: (stage, done, total) => stages.add(`${stage} ${done}/${total}`),
    });
    expect(report.verdict).toBe('ok');
    expect(outcome(report)).toEqual({
      acceptance: 'skipped',
      pin: 'skipped',
      authorisation: 'skipped',
      search: 'skipped',
      history: 'skipped',
      'witness-views': 'skipped',
    });
    expect(stages).toContain('entries 3/3');
    // Three level-0 tiles and one of two hashes above them.
    expect(stages).toContain('tiles 4/4');
  });

  it('finds nothing wrong with an empty log known by its key', async () => {
    served.overrides.set('checkpoint', utf8(await served.builder.sealCheckpoint({ size: 0 })));
    const { report } = await audit({ domain: null });
    expect(report.verdict).toBe('ok');
    expect(report.log.size).toBe(0);
  });

  it('takes the full tile where the log has deleted a partial one', async () => {
    const builder = await buildLog(2);
    for (let index = 0; builder.size < 256; index++) builder.addBytes(utf8(`filler ${index}`));
    served.builder = builder;
    served.overrides.set('checkpoint', utf8(await builder.sealCheckpoint({ size: 200 })));
    served.overrides.set('tile/0/000.p/200', null);
    served.overrides.set('tile/entries/000.p/200', null);
    expect((await audit({ domain: null })).report.verdict).toBe('ok');
  });

  it('reports a checkpoint that the log did not sign, and looks no further', async () => {
    const other = await buildLog(5, 'other');
    served.overrides.set('checkpoint', utf8(other.checkpoint));
    const { report, checkpoint } = await audit();
    expect(outcome(report)).toEqual({ checkpoint: 'WAX_LOG_UNSIGNED' });
    expect(report.verdict).toBe('finding');
    expect(checkpoint).toBeNull();
  });

  it('reports what a client would not accept: too few or too old cosignatures', async () => {
    await served.builder.publish({ by: [1] });
    expect(outcome((await audit()).report)).toMatchObject({ acceptance: 'WAX_ACCEPT_QUORUM' });
    await served.builder.publish({ at: now - 2 * DAY });
    expect(outcome((await audit()).report)).toMatchObject({ acceptance: 'WAX_ACCEPT_AGE' });
  });

  it('reports entries that do not add up to the signed root', async () => {
    const other = await buildLog(4);
    await other.release({ version: 99 });
    served.overrides.set('tile/entries/000.p/5', other.file('tile/entries/000.p/5'));
    const { report, checkpoint } = await audit();
    expect(outcome(report)).toMatchObject({ root: 'WAX_AUDIT_ROOT', tiles: 'WAX_AUDIT_TILE' });
    expect(checkpoint).toBeNull();
  });

  it('reports a tile with one wrong bit, a short one and a missing one', async () => {
    const good = served.builder.file('tile/0/000.p/5') ?? new Uint8Array(0);
    const bad = good.slice();
    bad[100] = (bad[100] ?? 0) ^ 1;
    for (const tile of [bad, good.subarray(0, 128)]) {
      served.overrides.set('tile/0/000.p/5', tile);
      expect(outcome((await audit()).report)).toMatchObject({ tiles: 'WAX_AUDIT_TILE' });
    }
    served.overrides.set('tile/0/000.p/5', null);
    expect(outcome((await audit()).report)).toMatchObject({ tiles: 'WAX_AUDIT_MISSING' });
  });

  it('reports a bundle that is malformed or missing', async () => {
    served.overrides.set('tile/entries/000.p/5', utf8('nonsense'));
    expect(outcome((await audit()).report)).toMatchObject({ entries: 'WAX_AUDIT_BUNDLE' });
    served.overrides.set('tile/entries/000.p/5', null);
    const { report } = await audit();
    expect(outcome(report)).toMatchObject({ entries: 'WAX_AUDIT_MISSING' });
    expect(report.verdict).toBe('finding');
  });

  it('reports a log that contradicts the pin', async () => {
    const other = await buildLog(5, 'log');
    const domain = served.builder.domain();
    domain.log.pin = { size: 3, root: other.root(2) };
    expect(outcome((await audit({ domain })).report)).toEqual(
      expect.objectContaining({ pin: 'WAX_AUDIT_PIN' }),
    );
  });

  it('lists entries that the log should not have accepted', async () => {
    await served.builder.release({ version: 7 }, { by: [0] });
    served.builder.addBytes(utf8('{}'));
    await served.builder.publish();
    const { report, checkpoint } = await audit();
    expect(outcome(report)).toMatchObject({ authorisation: 'WAX_AUDIT_UNAUTHORISED' });
    expect(report.entries?.refused.map(({ index }) => index)).toEqual([5, 6]);
    // The tree itself is in order, and is what the next audit has to extend.
    expect(checkpoint).toBe(served.builder.checkpoint);
  });

  it('says "unreachable", not "wrong", when the log does not answer', async () => {
    served.broken = 503;
    const { report } = await audit();
    expect(report.verdict).toBe('unreachable');
    expect(outcome(report)).toEqual({ checkpoint: 'WAX_AUDIT_UNREACHABLE' });
  });

  it('says "unreachable" when a witness does not answer', async () => {
    const key = served.builder.domain().witnesses[0]?.key;
    if (key === undefined) throw new Error('no witness');
    const { report } = await audit({ witnesses: [{ url: 'http://127.0.0.1:9', key }] });
    expect(report.verdict).toBe('unreachable');
    expect(outcome(report)).toMatchObject({ 'witness-views': 'WAX_WITNESS_UNREACHABLE' });
  });

  describe('of a real log server', () => {
    let world: LogWorld;
    let url: string;
    beforeEach(async () => {
      world = await LogWorld.create();
      const app = await world.start();
      for (const version of [1, 2]) await submit(app, await world.release(version));
      url = await app.listen({ host: '127.0.0.1', port: 0 });
    });
    afterEach(() => world.close());

    function auditWorld(changes: Partial<AuditOptions> = {}) {
      const domain = world.builder.domain();
      const witnesses = domain.witnesses.map(({ key }) => key);
      const log = { origin: world.builder.origin, key: domain.log.key, witnesses };
      return auditLog({ url, log, domain, witnesses: world.endpoints, ...changes });
    }

    /** The log's `fetch`, with the JSON under one path changed. */
    const lying =
      (path: string, change: (body: string) => string): typeof fetch =>
      async (input, init) => {
        const response = await fetch(input, init);
        if (!String(input).includes(path)) return response;
        return new Response(change(await response.text()), { status: response.status });
      };

    it('finds nothing wrong with it, its search and its witnesses', async () => {
      const { report } = await auditWorld();
      expect(outcome(report)).toEqual({ history: 'skipped' });
      expect(report.entries).toMatchObject({ total: 3, releases: { live: 2 } });
      const search = report.checks.find(({ id }) => id === 'search');
      // Status, list, one product, one measurement, digests, names and key IDs of two publishers.
      expect(Number(search?.text.split(' ')[0])).toBeGreaterThan(8);
    });

    it.each<[string, string, (body: string) => string]>([
      [
        'hides an entry from searchers',
        '/search?',
        (body) => body.replace(/\{"index":2,[^}]*\}(,|(?=\]))/, ''),
      ],
      ['shows another version', '/search?', (body) => body.replace('"version":2', '"version":3')],
      ['finds what is not there', '/search?', (body) => body.replace('"hits":[', '"hits":[{"index":9},')],
      ['answers a search with something else', '/search?', () => '[]'],
      ['does not answer a search', '/search?', () => 'nonsense'],
      ['lists another kind', '/entries?', (body) => body.replace('"kind":"release"', '"kind":"status"')],
      ['lists other bytes', '/entries?', (body) => body.replace(/"entry":"..../, '"entry":"AAAA')],
      [
        'leaves an entry out of the list',
        '/entries?',
        (body) => body.replace(/"entries":\[.*\]/, '"entries":[]'),
      ],
      ['names another key', '/status', (body) => body.replace('"key":"', '"key":"x')],
      [
        'names another first policy',
        '/status',
        (body) => body.replace(/"policyEntry":"./, '"policyEntry":"x'),
      ],
    ])('finds it out when it %s', async (_, path, change) => {
      const { report, checkpoint } = await auditWorld({ fetch: lying(path, change) });
      expect(outcome(report)).toEqual({ history: 'skipped', search: 'WAX_AUDIT_SEARCH' });
      expect(report.verdict).toBe('finding');
      // The tree is in order all the same.
      expect(checkpoint).not.toBeNull();
    });

    it('says "unreachable" when only the search does not answer', async () => {
      const failing: typeof fetch = async (input, init) =>
        String(input).includes('/api/') ? new Response('', { status: 502 }) : fetch(input, init);
      const { report } = await auditWorld({ fetch: failing });
      expect(outcome(report)).toEqual({ history: 'skipped', search: 'WAX_AUDIT_UNREACHABLE' });
      expect(report.verdict).toBe('unreachable');
    });
  });
});

describe('a log that forks or goes back', () => {
  /** Two logs with the same key and the same beginning. */
  async function forkAt(size: number): Promise<LogBuilder> {
    const fork = await buildLog(size);
    await fork.release({ version: 50 });
    return fork;
  }

  it('is caught by what an earlier audit remembered, at the same size', async () => {
    const fork = await forkAt(4);
    const { report, checkpoint } = await audit({ remembered: await fork.sealCheckpoint() });
    expect(outcome(report)).toMatchObject({ history: 'WAX_AUDIT_FORK' });
    expect(await proves(report.evidence)).toContain('two roots for size 5');
    expect(checkpoint).toBeNull();
  });

  it('is caught at a smaller size, with a proof that a third party can check', async () => {
    const fork = await forkAt(2);
    const { report } = await audit({ remembered: await fork.sealCheckpoint() });
    expect(outcome(report)).toMatchObject({ history: 'WAX_AUDIT_FORK' });
    expect(await proves(report.evidence)).toContain('does not begin with the tree of 3');
  });

  it('is caught without its entries where two signed checkpoints are enough', async () => {
    served.overrides.set('tile/entries/000.p/5', null);
    const fork = await forkAt(4);
    const { report } = await audit({ remembered: await fork.sealCheckpoint() });
    expect(outcome(report)).toMatchObject({ entries: 'WAX_AUDIT_MISSING', history: 'WAX_AUDIT_FORK' });
    const unknown = await audit({ remembered: await served.builder.sealCheckpoint({ size: 2 }) });
    expect(outcome(unknown.report)).toMatchObject({ history: 'WAX_AUDIT_UNKNOWN_PAST' });
    expect(unknown.report.evidence).toBeNull();
  });

  it('is caught when it shows a smaller tree, which is proven only by a witness that went along', async () => {
    const { builder } = served;
    const remembered = builder.checkpoint;
    await builder.publish({ size: 3 });
    const { report, checkpoint } = await audit({ remembered });
    expect(outcome(report)).toMatchObject({ history: 'WAX_AUDIT_ROLLBACK' });
    expect(checkpoint).toBeNull();
    await expect(proves(report.evidence)).rejects.toThrow('WAX_AUDIT_EVIDENCE_REFUTED');
    await builder.publish({ size: 3, times: { 1: now + 5000 } });
    const turned = await audit({ remembered });
    expect(await proves(turned.report.evidence)).toContain(
      'witness-1.example cosigned a smaller one of 3 later',
    );
  });

  it('is caught by what a witness was shown', async () => {
    const honest = served.builder;
    served.builder = await forkAt(2);
    const witness = await served.startWitness(0);
    served.builder = honest;
    const { report } = await audit({ witnesses: [witness] });
    expect(outcome(report)).toMatchObject({ 'witness-views': 'WAX_AUDIT_FORK' });
    expect(await proves(report.evidence)).toContain('does not begin with the tree of 3');
  });

  it('is caught when it hides what a witness has seen, after time to catch up', async () => {
    const shown = served.builder.checkpoint;
    await served.builder.release({ version: 60 });
    const witness = await served.startWitness(0);
    served.overrides.set('checkpoint', utf8(shown));
    const hidden = await audit({ witnesses: [witness] });
    expect(outcome(hidden.report)).toMatchObject({ 'witness-views': 'WAX_AUDIT_WITNESS_AHEAD' });
    await served.builder.publish();
    const late = audit({ witnesses: [witness], waitMs: 5000 });
    setTimeout(() => served.overrides.delete('checkpoint'), 300);
    expect((await late).report.verdict).toBe('ok');
  });
});
