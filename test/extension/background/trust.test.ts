import { describe, expect, it } from 'vitest';
import type { BackgroundStore } from '../../../extension/background/store.ts';
import { createTrust } from '../../../extension/background/trust.ts';
import { LogBuilder } from '../../support/log-builder.ts';

/** What the background keeps of trust domains, in memory. */
function memory() {
  const kept: { name: string; text: string; importedAt: number }[] = [];
  const store = {
    domains: async () => kept,
    addDomain: async (domain: (typeof kept)[number]) => void kept.push(domain),
  } as unknown as BackgroundStore;
  return { kept, store };
}

async function file(seed: string, changes: object): Promise<string> {
  const log = await LogBuilder.create({ seed, origin: `${seed}.example/log` });
  return JSON.stringify({ ...log.domainFile(), name: seed, ...changes });
}

const enclave = (service: string) => ({ enclaves: [{ service, name: 'E', product: 'p', machines: false }] });

describe('adding a trust domain', () => {
  it('takes one that speaks for nothing that is known', async () => {
    const { kept, store } = memory();
    const own = await file('own', enclave('https://one.example'));
    const trust = createTrust(
      store,
      async () => own,
      () => 1,
    );
    await trust.add(await file('other', enclave('https://two.example')));
    expect(kept.map(({ name }) => name)).toEqual(['other']);
  });

  it.each([
    ['name', { name: 'own', ...enclave('https://two.example') }],
    ['service', enclave('https://one.example')],
  ])('refuses one that takes over a known %s', async (_what, changes) => {
    const { kept, store } = memory();
    const own = await file('own', enclave('https://one.example'));
    const trust = createTrust(
      store,
      async () => own,
      () => 1,
    );
    await expect(trust.add(await file('other', changes))).rejects.toThrow('WAX_EXT_DOMAIN_EXISTS');
    expect(kept).toEqual([]);
  });
});
