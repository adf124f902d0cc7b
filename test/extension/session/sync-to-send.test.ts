/**
 * From what a log publishes to what a running extension does at its next Send: the background's own sync, its
 * store, the view's own look at both and the real chat session, with an enclave behind a `fetch`. Only time and
 * the browser's messages are stood in for.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogs, type Logs } from '../../../extension/background/logs.ts';
import { createStore } from '../../../extension/background/store.ts';
import { createTrust, type Trust } from '../../../extension/background/trust.ts';
import { chatRequest } from '../../../extension/session/chat-request.ts';
import { ChatSession } from '../../../extension/session/chat-session.ts';
import { syncLog } from '../../../extension/session/log-client.ts';
import { createLook } from '../../../extension/session/look.ts';
import type { HeldLog } from '../../../extension/session/trust.ts';
import { toBase64 } from '../../../protocol/bytes.ts';
import type { JsonValue } from '../../../protocol/json.ts';
import { findGrace } from '../../../protocol/log/find-grace.ts';
import { memoryDatabase, memoryValue } from '../../support/extension-memory.ts';
import { DAY, HOUR, type LogBuilder, MINUTE, START, testDigest } from '../../support/log-builder.ts';
import { TestEnclave } from '../../support/test-enclave.ts';
import { SERVICE } from '../../support/verified-exchange.ts';

let background: (type: string, body: { domain: string }) => Promise<unknown>;
vi.mock('../../../extension/ask.ts', () => ({
  ask: (type: string, body: { domain: string }) => background(type, body),
}));
vi.mock('../../../extension/session/verifiers.ts', async () => {
  const { simulatorVerifier } = await import('../../../protocol/attestation/simulator.ts');
  return { verifiers: [simulatorVerifier] };
});

const syncMinutes = 15;
const hello = chatRequest({ model: 'tiny', messages: [{ role: 'user', content: 'Hello' }] });

let enclave: TestEnclave;
let log: LogBuilder;
let logs: Logs;
let chat: ChatSession;
let trust: Trust;
let held: HeldLog | null;
let syncs: number;
/** The size and root that the running build pins. */
let pin: { size: number; root: string };
/** Whether the log gives its hash tiles. */
let givesTiles: boolean;
/** Hardware that the trust domain accepts, where it is not that of the builder. */
let hardware: JsonValue;

beforeEach(async () => {
  enclave = await TestEnclave.create();
  log = enclave.log;
  syncs = 0;
  held = null;
  pin = { size: 1, root: toBase64(log.root(1)) };
  givesTiles = true;
  hardware = null;
  vi.spyOn(Date, 'now').mockImplementation(enclave.clock.now);
  vi.spyOn(performance, 'now').mockImplementation(enclave.clock.monotonic);
  const store = createStore(memoryDatabase());
  const builtIn = () => {
    const { log: file, ...rest } = log.domainFile(hardware === null ? {} : { hardware });
    return JSON.stringify({ ...rest, log: { ...(file as object), pin } });
  };
  trust = createTrust(store, async () => builtIn(), Date.now);
  const fetchLog: typeof fetch = async (input, init) =>
    !givesTiles && String(input).includes('/tile/0/')
      ? new Response(null, { status: 404 })
      : log.fetch(input, init);
  logs = createLogs(
    store,
    memoryValue<readonly string[]>([]),
    (domain, state) => {
      syncs += 1;
      return syncLog({ domain, state, fetch: fetchLog, now: Date.now });
    },
    Date.now,
  );
  background = async (type, { domain }) => {
    if (type === 'trust/get') return trust.reply();
    const known = await trust.byName(domain);
    return type === 'log/sync' ? logs.sync(known) : logs.get(known);
  };
  const look = createLook({
    service: SERVICE,
    onLog: (found) => {
      held = found;
    },
  });
  chat = new ChatSession({
    service: { origin: SERVICE, fetch: enclave.fetch },
    clock: enclave.clock,
    look,
  });
});
afterEach(() => {
  chat.close();
  vi.restoreAllMocks();
});

/** The next Send, some time later. Gives the state of a refusal, or `sent`. */
async function sendAfter(ms: number): Promise<string> {
  enclave.clock.wall += ms;
  enclave.clock.steady += ms;
  const before = enclave.count('turns');
  const result = await chat.send(hello, { onEvent: () => {} });
  expect(enclave.count('turns') - before).toBe(result.sent ? 1 : 0);
  if (result.sent) return 'sent';
  return result.state === 'refused' ? result.report.state : result.state;
}

/** What the witnesses sign goes on, as it does at an honest log. */
const publish = () => log.publish({ at: enclave.clock.wall });

describe('a preset that the person demands', () => {
  /** Code and variant of the row that judges the platform, at the last check. */
  const platform = () => {
    const row = chat.status.report?.rows.find(({ id }) => id === 'platform');
    return row && { state: row.state, variant: row.variant, code: row.code };
  };
  const type = 'sev-snp-simulated';

  it('refuses what the trust domain accepts, with its code, and nothing is sent', async () => {
    await trust.demand('Test domain', type, 'hardened');
    expect(await sendAfter(0)).toBe('failed');
    expect(platform()).toEqual({
      state: 'fail',
      variant: 'demanded',
      code: expect.stringMatching(/^WAX_SNP_/),
    });
    expect(enclave.count('turns')).toBe(0);
  });

  it('ends a session that goes on, at the next Send, and the chat goes on once it is taken back', async () => {
    expect(await sendAfter(0)).toBe('sent');
    expect(platform()?.state).toBe('pass');
    await trust.demand('Test domain', type, 'hardened');
    expect(await sendAfter(0)).toBe('failed');
    await trust.demand('Test domain', type, null);
    expect(await sendAfter(0)).toBe('sent');
  });

  it('that the machine meets is named in the report, and the chat goes on', async () => {
    hardware = { [type]: { preset: 'with-milan' } };
    await trust.demand('Test domain', type, 'strict');
    expect(await sendAfter(0)).toBe('sent');
    const row = chat.status.report?.rows.find(({ id }) => id === 'platform');
    expect(row).toMatchObject({ state: 'pass', evidence: { demandedPreset: 'strict' } });
  });

  it('refuses all of its type once the trust domain asks for more than the preset', async () => {
    await trust.demand('Test domain', type, 'hardened');
    // A refusal that no preset has.
    hardware = { [type]: { deniedHardware: ['ab'.repeat(64)] } };
    expect(await sendAfter(0)).toBe('failed');
    expect(platform()?.variant).toBe('demanded');
    await trust.demand('Test domain', type, null);
    expect(await sendAfter(0)).toBe('sent');
  });
});

describe('a revocation', () => {
  it('reaches the next Send once the sync interval is over, though the session itself would last', async () => {
    expect(await sendAfter(0)).toBe('sent');
    await log.revoke(1);
    await publish();
    // In two steps: a session that rests for ten minutes is over.
    expect(await sendAfter(9 * MINUTE)).toBe('sent');
    expect(await sendAfter((syncMinutes - 10) * MINUTE)).toBe('sent');
    expect([syncs, enclave.count('sessions')]).toEqual([1, 1]);
    expect(await sendAfter(2 * MINUTE)).toBe('failed');
    // The service is asked anew: what it runs by now may be something else.
    expect([syncs, enclave.count('sessions')]).toEqual([2, 2]);
    expect(await sendAfter(0)).toBe('failed');
  });

  it('reaches the next Send at once where the background has synced meanwhile', async () => {
    expect(await sendAfter(0)).toBe('sent');
    await log.revoke(1);
    await publish();
    await logs.sync(log.domain());
    expect(await sendAfter(MINUTE)).toBe('failed');
  });

  it('that nobody was entitled to changes nothing, and is counted', async () => {
    await log.revoke(1, { by: [] });
    await publish();
    expect(await sendAfter(0)).toBe('sent');
    expect(held?.state?.ledger.refusedCount).toBe(1);
  });
});

describe('an approval', () => {
  it('that a newer version retires ends so many hours after that one began', async () => {
    expect(await sendAfter(0)).toBe('sent');
    await log.release({ version: 2, configSha256: testDigest('another'), retiresOlderAfterHours: 3 });
    await publish();
    expect(await sendAfter(2 * HOUR)).toBe('sent');
    await publish();
    expect(await sendAfter(2 * HOUR)).toBe('retired');
  });

  it('that has expired ends, though nobody says another word', async () => {
    const until = enclave.clock.wall + HOUR;
    await log.revoke(1, { action: 'supersede' });
    await log.release({ version: 2, expires: until });
    await publish();
    expect(await sendAfter(0)).toBe('sent');
    expect(await sendAfter(59 * MINUTE)).toBe('sent');
    expect(await sendAfter(2 * MINUTE)).toBe('retired');
  });

  it('by too few publishers approves nothing, and the rest of the log goes on', async () => {
    const launchDigest = testDigest('other launch', 48);
    const measurements = { 'sev-snp-simulated': [{ shape: '1 vCPU', registers: { launchDigest } }] };
    await log.release({ version: 2, measurements }, { by: [0] });
    await publish();
    expect(await sendAfter(0)).toBe('sent');
    expect(held?.state?.ledger).toMatchObject({ refusedCount: 1, refused: [{ index: 2 }] });
    enclave.measurement = launchDigest;
    enclave.restart();
    expect(await sendAfter(31 * MINUTE)).toBe('failed');
  });
});

describe('a log', () => {
  it('that is frozen is noticed by the age of its cosignatures, though it answers every time', async () => {
    expect(await sendAfter(0)).toBe('sent');
    expect(await sendAfter(START + 24 * HOUR - MINUTE - enclave.clock.wall)).toBe('sent');
    expect(await sendAfter(2 * MINUTE)).toBe('log-too-old');
    expect(await sendAfter(15 * MINUTE)).toBe('log-too-old');
    expect(held?.problem).toMatchObject({ kind: 'age', code: 'WAX_ACCEPT_AGE' });
    await publish();
    expect(await sendAfter(16 * MINUTE)).toBe('sent');
  });

  it('that does not answer serves from its last good copy until that is too old', async () => {
    expect(await sendAfter(0)).toBe('sent');
    log.checkpoint = '';
    expect(await sendAfter(HOUR)).toBe('sent');
    expect(held?.problem).toMatchObject({ kind: 'unreachable' });
    expect(await sendAfter(24 * HOUR)).toBe('log-too-old');
  });

  it('with a critical statement of an unknown kind stops until an update, with another one it does not', async () => {
    log.addBytes(await log.unknown(false));
    await publish();
    expect(await sendAfter(0)).toBe('sent');
    log.addBytes(await log.unknown(true));
    await publish();
    expect(await sendAfter(16 * MINUTE)).toBe('update');
    expect(held?.state?.ledger.notUnderstood).toEqual([{ index: 3, predicateType: 'urn:waxseal:recall:v2' }]);
  });

  it('whose critical statement of an unknown kind nobody was entitled to make goes on', async () => {
    log.addBytes(await log.unknown(true, []));
    await publish();
    expect(await sendAfter(0)).toBe('sent');
  });

  it('that shows less than before stops everything; when it is whole again the proof of that is still there', async () => {
    expect(await sendAfter(0)).toBe('sent');
    const whole = log.checkpoint;
    log.checkpoint = await log.sealCheckpoint({ size: 1, at: enclave.clock.wall });
    expect(await sendAfter(16 * MINUTE)).toBe('fork');
    log.checkpoint = whole;
    expect(await sendAfter(16 * MINUTE)).toBe('sent');
    expect(held?.evidence).toMatchObject([{ kind: 'rollback' }]);
  });

  it('that was closed still serves what it approved', async () => {
    await log.add('log-closed', { successor: null, reason: 'full' });
    await publish();
    expect(await sendAfter(0)).toBe('sent');
    await log.release({ version: 2, configSha256: testDigest('late') });
    await publish();
    expect(await sendAfter(16 * MINUTE)).toBe('sent');
    expect(held?.state?.ledger.refusedCount).toBe(1);
  });
});

describe('a build that pins another size', () => {
  beforeEach(async () => {
    await log.add('machine', { platform: 'tdx', machineSha256: testDigest('m'), operator: 'Fernhill' });
    await publish();
    expect(await sendAfter(0)).toBe('sent');
    expect(held?.state?.checkpoint?.size).toBe(3);
  });

  it('has the known log compared before the next Send, and goes on where that fits', async () => {
    pin = { size: 2, root: toBase64(log.root(2)) };
    expect(await sendAfter(0)).toBe('sent');
    expect(syncs).toBe(2);
    expect(await sendAfter(0)).toBe('sent');
    expect(syncs).toBe(2);
  });

  it('stops everything where the known log went another way', async () => {
    pin = { size: 2, root: toBase64(log.root(1)) };
    expect(await sendAfter(0)).toBe('fork');
    expect(held?.problem).toMatchObject({ kind: 'fork', code: 'WAX_ACCEPT_PIN' });
    pin = { size: 1, root: toBase64(log.root(1)) };
    expect(await sendAfter(0)).toBe('fork');
  });

  it('lets nothing be sent while the log does not give what they are compared by', async () => {
    givesTiles = false;
    pin = { size: 2, root: toBase64(log.root(2)) };
    expect(await sendAfter(0)).toBe('log-unreachable');
    expect(await sendAfter(MINUTE)).toBe('log-unreachable');
    givesTiles = true;
    expect(await sendAfter(0)).toBe('sent');
  });

  it('lets nothing be sent before the log has shown as much as is pinned', async () => {
    await log.revoke(1);
    pin = { size: 4, root: toBase64(log.root(4)) };
    expect(await sendAfter(0)).toBe('fork');
    expect(held?.problem).toMatchObject({ kind: 'rollback' });
    await publish();
    expect(await sendAfter(0)).toBe('failed');
  });
});

describe('the clock of this computer', () => {
  it('is called wrong when it is behind the witnesses, and that is no attack', async () => {
    enclave.clock.wall = START - DAY;
    expect(await sendAfter(0)).toBe('clock');
    enclave.clock.wall = START + 10 * MINUTE;
    expect(await sendAfter(0)).toBe('sent');
  });

  it('does not get older with a log that was seen later: what was revoked stays revoked', async () => {
    await log.revoke(1);
    enclave.clock.wall += 2 * HOUR;
    await publish();
    expect(await sendAfter(0)).toBe('failed');
    enclave.clock.wall -= 2 * HOUR;
    expect(['clock', 'failed']).toContain(await sendAfter(0));
  });
});

describe('a grace', () => {
  const grace = { platform: 'tdx' as const, event: 'INTEL-TCB-R-20', reason: 'patching' };
  const found = async () => {
    await logs.sync(log.domain());
    await sendAfter(0);
    return findGrace(held?.state?.ledger ?? { ...expect.anything() }, 'tdx', grace.event, enclave.clock.wall);
  };

  it('that the threshold signed is known after a sync, runs out by itself and can be taken back', async () => {
    await log.add('grace', { ...grace, expires: enclave.clock.wall + 10 * DAY });
    await publish();
    expect((await found())?.index).toBe(2);
    enclave.clock.wall += 10 * DAY;
    await publish();
    expect(await found()).toBeNull();
    log.now = enclave.clock.wall;
    const { index } = await log.add('grace', { ...grace, expires: log.now + DAY });
    await publish();
    expect((await found())?.index).toBe(index);
    await log.revoke(index);
    await publish();
    expect(await found()).toBeNull();
  });

  it('by one publisher is none', async () => {
    await log.add('grace', { ...grace, expires: enclave.clock.wall + DAY }, { by: [0] });
    await publish();
    expect(await found()).toBeNull();
  });
});
