import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { StapleKeeper } from '../../../bin/staple/keeper.ts';
import { createAdmin, listenAdmin } from '../../../enclave-server/admin.ts';
import { HardwareAttester } from '../../../enclave-server/attester/hardware.ts';
import type { EvidenceSource } from '../../../enclave-server/attester/source.ts';
import { EventList } from '../../../enclave-server/events.ts';
import type { EvidenceVerifier } from '../../../protocol/attestation/evidence.ts';
import { parseUtf8, toHex, utf8 } from '../../../protocol/bytes.ts';
import { at, makeSnp, type SnpChange } from '../../support/attestation/amd-pki.ts';
import { makeNitro } from '../../support/attestation/aws-pki.ts';
import { makeTdx, type TdxChange } from '../../support/attestation/intel-pki.ts';
import {
  type Document,
  pemChain,
  startVendorService,
  type VendorService,
} from '../../support/vendor-service.ts';

const day = 86_400_000;
const documents = new Map<string, Document>();
let service: VendorService;
const folder = mkdtempSync(join(tmpdir(), 'waxseal-staple-'));
const servers: Server[] = [];
const events = new EventList(() => {});
beforeAll(async () => {
  service = await startVendorService(documents);
});
afterEach(() => {
  documents.clear();
  service.requests.length = 0;
  service.refusals.length = 0;
});
afterAll(async () => {
  await service.close();
  for (const server of servers) server.close();
  events.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A server on this evidence, and what its admin socket took. */
async function machine(evidenceType: number, first: Uint8Array) {
  let evidence = first;
  const source: EvidenceSource = {
    evidenceType,
    report: async () => ({ evidence, certificates: new Uint8Array() }),
    close: async () => {},
  };
  const hardware = await HardwareAttester.over(source);
  const admin = join(folder, `admin-${servers.length}.sock`);
  const server = createAdmin({ events, hardware });
  servers.push(server);
  await listenAdmin(server, admin);
  return {
    admin,
    hardware,
    async change(to: Uint8Array) {
      evidence = to;
      await hardware.report(new Uint8Array(64));
    },
    stapled: async () => (await hardware.report(new Uint8Array(64))).endorsements,
  };
}

function amdService(change: SnpChange = {}) {
  const { input, verifier } = makeSnp(change);
  const [vcek, ask, ark, crl] = input.endorsements as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const turin = change.product === 'turin';
  const line = turin ? 'Turin' : 'Genoa';
  const id = toHex(input.evidence.subarray(0x1a0, 0x1a0 + (turin ? 8 : 64)));
  const versions = turin
    ? 'fmcSPL=01&blSPL=01&teeSPL=01&snpSPL=04&ucodeSPL=81'
    : 'blSPL=10&teeSPL=00&snpSPL=23&ucodeSPL=84';
  documents.set(`/vcek/v1/${line}/${id}?${versions}`, { body: vcek });
  documents.set(`/vcek/v1/${line}/cert_chain`, { body: utf8(pemChain(ask, ark)) });
  documents.set(`/vcek/v1/${line}/crl`, { body: crl });
  return { input, verifier };
}

function intelService(change: TdxChange = {}) {
  const { input, verifier } = makeTdx(change);
  const [tcbInfo, qeIdentity, chain, pckCrl, rootCrl] = input.endorsements;
  const issuer = encodeURIComponent(parseUtf8(chain as Uint8Array));
  const set = (path: string, body: Uint8Array | undefined, headers = {}) =>
    documents.set(path, { body: body as Uint8Array, headers });
  set('/tdx/certification/v4/tcb?fmspc=90c06f000000', tcbInfo, { 'TCB-Info-Issuer-Chain': issuer });
  set('/tdx/certification/v4/qe/identity', qeIdentity, { 'SGX-Enclave-Identity-Issuer-Chain': issuer });
  set('/sgx/certification/v4/pckcrl?ca=platform&encoding=der', pckCrl);
  set('/IntelSGXRootCA.der', rootCrl);
  return { input, verifier };
}

const waits: number[] = [];
const clock = { now: at };
const keeper = (admin: string, verifier: EvidenceVerifier) =>
  new StapleKeeper({
    admin,
    kds: service.url,
    pcs: { base: service.url, rootCrl: service.url },
    verifiers: [verifier],
    marginMs: 3 * day,
    now: () => clock.now,
    wait: async (ms) => void waits.push(ms),
  });
afterEach(() => {
  waits.length = 0;
  clock.now = at;
});

describe('keeping a server in endorsements', () => {
  it.each(['genoa', 'turin'] as const)('asks AMD for those of a %s chip at its firmware', async (product) => {
    const { input, verifier } = amdService({ product });
    const { admin, stapled } = await machine(1, input.evidence);
    await expect(stapled()).rejects.toThrow('WAX_ENCLAVE_UNSTAPLED');
    expect(await keeper(admin, verifier).look()).toBe('renewed');
    expect(await stapled()).toEqual(input.endorsements);
    expect(service.requests).toHaveLength(3);
  });

  it('asks Intel for those of a platform', async () => {
    const { input, verifier } = intelService();
    const { admin, stapled } = await machine(2, input.evidence);
    expect(await keeper(admin, verifier).look()).toBe('renewed');
    expect(await stapled()).toEqual(input.endorsements);
    expect(service.requests).toHaveLength(4);
  });

  it('has nothing to do on Nitro', async () => {
    const { input, verifier } = makeNitro();
    const { admin, stapled } = await machine(3, input.evidence);
    expect(await keeper(admin, verifier).look()).toBe('none-needed');
    expect(await stapled()).toEqual([]);
    expect(service.requests).toEqual([]);
  });

  it('asks again when they end within the margin, and not before', async () => {
    const { input, verifier } = amdService({ crl: { nextUpdate: at + 10 * day } });
    const { admin } = await machine(1, input.evidence);
    const kept = keeper(admin, verifier);
    expect(await kept.look()).toBe('renewed');
    clock.now = at + 6 * day;
    expect(await kept.look()).toBe('fresh');
    expect(service.requests).toHaveLength(3);
    clock.now = at + 8 * day;
    expect(await kept.look()).toBe('renewed');
    expect(service.requests).toHaveLength(6);
  });

  it('asks again when the firmware of the machine has changed', async () => {
    const before = amdService();
    const { admin, change, stapled } = await machine(1, before.input.evidence);
    const kept = keeper(admin, before.verifier);
    await kept.look();
    const after = makeSnp({ product: 'turin' });
    await change(after.input.evidence);
    // What is there no longer fits, and the service does not know the machine: said, and nothing replaced.
    await expect(kept.look()).rejects.toThrow(/WAX_STAPLE_VENDOR.*404/);
    expect(await stapled()).toEqual(before.input.endorsements);
  });

  it('pushes again what it has after the server was restarted, without asking anybody', async () => {
    const { input, verifier } = amdService();
    const first = await machine(1, input.evidence);
    const kept = keeper(first.admin, verifier);
    await kept.look();
    service.requests.length = 0;
    const hardware = await HardwareAttester.over({
      evidenceType: 1,
      report: async () => ({ evidence: input.evidence, certificates: new Uint8Array() }),
      close: async () => {},
    });
    servers.at(-1)?.close();
    const restarted = createAdmin({ events, hardware });
    servers.push(restarted);
    await listenAdmin(restarted, first.admin);
    expect(await kept.look()).toBe('pushed-again');
    expect(hardware.stapled).toBe(true);
    expect(service.requests).toEqual([]);
  });

  it('waits as long as the service says, ever longer where it does not say, and gives up in the end', async () => {
    const { input, verifier } = amdService();
    const { admin } = await machine(1, input.evidence);
    service.refusals.push({ status: 429, retryAfter: '7' }, { status: 503 }, { status: 500 });
    expect(await keeper(admin, verifier).look()).toBe('renewed');
    expect(waits).toEqual([7_000, 8_000, 32_000]);
    service.refusals.push(...Array.from({ length: 5 }, () => ({ status: 503 })));
    await expect(keeper(admin, verifier).look()).rejects.toThrow(/WAX_STAPLE_VENDOR.*503/);
    service.requests.length = 0;
    service.refusals.push({ status: 403 });
    await expect(keeper(admin, verifier).look()).rejects.toThrow(/WAX_STAPLE_VENDOR.*403/);
    expect(service.requests).toHaveLength(1);
  });

  it('pushes nothing in that clients would refuse', async () => {
    for (const { type, input, verifier } of [
      { type: 1, ...amdService({ crl: { nextUpdate: at - day } }) },
      { type: 2, ...intelService({ tcbInfo: { nextUpdate: '2027-01-01T00:00:00Z' } }) },
    ]) {
      const { admin, hardware } = await machine(type, input.evidence);
      await expect(keeper(admin, verifier).look()).rejects.toThrow('WAX_STAPLE_REFUSED');
      expect(hardware.stapled).toBe(false);
    }
    // The certificate of another chip, which verifies by itself.
    const { input, verifier } = amdService();
    const path = [...documents.keys()].find((key) => key.includes('blSPL')) ?? '';
    documents.set(path, {
      body: makeSnp({ chip: { hardwareId: new Uint8Array(64).fill(9) } }).input.endorsements[0] as Uint8Array,
    });
    const { admin } = await machine(1, input.evidence);
    await expect(keeper(admin, verifier).look()).rejects.toThrow('WAX_STAPLE_REFUSED');
  });

  it('says that the server is not there', async () => {
    const { verifier } = makeSnp();
    await expect(keeper(join(folder, 'none.sock'), verifier).look()).rejects.toThrow('WAX_STAPLE_ADMIN');
  });
});
