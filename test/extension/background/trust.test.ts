import { describe, expect, it } from 'vitest';
import { createStore } from '../../../extension/background/store.ts';
import { createTrust } from '../../../extension/background/trust.ts';
import { memoryDatabase } from '../../support/extension-memory.ts';
import { LogBuilder } from '../../support/log-builder.ts';

/** What the background keeps of trust domains, in memory. */
function memory() {
  const database = memoryDatabase();
  const store = createStore(database);
  const names = async () => (await store.domains()).map(({ name }) => name);
  return { names, store };
}

async function file(seed: string, changes: object): Promise<string> {
  const log = await LogBuilder.create({ seed, origin: `${seed}.example/log` });
  return JSON.stringify({ ...log.domainFile(), name: seed, ...changes });
}

const enclave = (service: string) => ({ enclaves: [{ service, name: 'E', product: 'p', machines: false }] });

describe('adding a trust domain', () => {
  it('takes one that speaks for nothing that is known', async () => {
    const { names, store } = memory();
    const own = await file('own', enclave('https://one.example'));
    const trust = createTrust(
      store,
      async () => own,
      () => 1,
    );
    await trust.add(await file('other', enclave('https://two.example')));
    expect(await names()).toEqual(['other']);
  });

  it.each([
    ['name', { name: 'own', ...enclave('https://two.example') }],
    ['service', enclave('https://one.example')],
  ])('refuses one that takes over a known %s', async (_what, changes) => {
    const { names, store } = memory();
    const own = await file('own', enclave('https://one.example'));
    const trust = createTrust(
      store,
      async () => own,
      () => 1,
    );
    await expect(trust.add(await file('other', changes))).rejects.toThrow('WAX_EXT_DOMAIN_EXISTS');
    expect(await names()).toEqual([]);
  });

  it('takes one of two that are added at once and speak for the same service', async () => {
    const { names, store } = memory();
    const trust = createTrust(
      store,
      async () => null,
      () => 1,
    );
    const service = enclave('https://one.example');
    const texts = await Promise.all([file('first', service), file('second', service)]);
    const outcomes = await Promise.allSettled(texts.map((text) => trust.add(text)));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await names()).toHaveLength(1);
  });
});

describe('a demand beyond a trust domain', () => {
  const built = async () => {
    const { store } = memory();
    const own = await file('own', { hardware: { 'sev-snp': {}, nitro: {} } });
    const trust = createTrust(
      store,
      async () => own,
      () => 1,
    );
    return { trust, demands: async () => (await trust.reply()).demands };
  };

  it('is kept, replaced, and taken back', async () => {
    const { trust, demands } = await built();
    await trust.demand('own', 'sev-snp', 'hardened');
    await trust.demand('own', 'sev-snp', 'hardened');
    expect(await demands()).toEqual([{ domain: 'own', type: 'sev-snp', preset: 'hardened' }]);
    await trust.demand('own', 'sev-snp', null);
    expect(await demands()).toEqual([]);
  });

  it.each([
    ['sev-snp', 'strict'],
    ['sev-snp', 'with-milan'],
    ['nitro', 'strict'],
    ['tdx', 'strict'],
  ] as const)('is refused where it asks for no more than the domain: %s %s', async (type, preset) => {
    const { trust, demands } = await built();
    await expect(trust.demand('own', type, preset)).rejects.toThrow('WAX_EXT_PRESET');
    expect(await demands()).toEqual([]);
  });

  it('goes with the trust domain', async () => {
    const { trust, demands } = await built();
    await trust.add(await file('other', { ...enclave('https://two.example'), hardware: { 'sev-snp': {} } }));
    await trust.demand('other', 'sev-snp', 'hardened');
    await trust.demand('own', 'sev-snp', 'hardened');
    await trust.remove('other');
    expect(await demands()).toEqual([{ domain: 'own', type: 'sev-snp', preset: 'hardened' }]);
  });
});
