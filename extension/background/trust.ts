/** The trust domains: the built-in one and those a person imported, always kept apart. @module */
import { stricterPresets } from '../../protocol/demands.ts';
import type { HardwareType } from '../../protocol/hardware-diff.ts';
import { parseTrustDomain, type TrustDomain } from '../../protocol/policy.ts';
import { extensionError } from '../errors.ts';
import type { TrustReply } from '../messaging.ts';
import type { BackgroundStore } from './store.ts';

export interface Trust {
  /** Everything, as JSON text, for views to parse. */
  reply(): Promise<TrustReply>;
  all(): Promise<TrustDomain[]>;
  byName(name: string): Promise<TrustDomain>;
  add(text: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Demands more of a type of hardware than a trust domain does; null for what the domain says. */
  demand(domain: string, type: HardwareType, preset: string | null): Promise<void>;
}

/** Never merged, never replaced: a file that speaks for a name, a log or a service of a known one is refused. */
function speaksFor(domain: TrustDomain, known: TrustDomain): boolean {
  const services = new Set(domain.enclaves.map(({ service }) => service));
  return (
    known.name === domain.name ||
    known.log.key.text === domain.log.key.text ||
    known.log.origin === domain.log.origin ||
    known.enclaves.some(({ service }) => services.has(service))
  );
}

/** Trust domains over the store; `builtIn` gives the text of the one that came with Waxseal. */
export function createTrust(
  store: BackgroundStore,
  builtIn: () => Promise<string | null>,
  now: () => number,
): Trust {
  const all = async () => {
    const own = await builtIn();
    const imported = (await store.domains()).map(({ text }) => parseTrustDomain(text));
    return own === null ? imported : [parseTrustDomain(own), ...imported];
  };
  return {
    all,
    async reply() {
      const imported = (await store.domains()).map(({ text, importedAt }) => ({ text, importedAt }));
      const { service, demands } = await store.settings();
      return { builtIn: await builtIn(), imported, service, demands };
    },
    async byName(name) {
      const found = (await all()).find((domain) => domain.name === name);
      if (!found) throw extensionError('WAX_EXT_DOMAIN', name);
      return found;
    },
    async add(text) {
      const domain = parseTrustDomain(text);
      const own = await builtIn();
      const builtInOnes = own === null ? [] : [parseTrustDomain(own)];
      await store.addDomain({ name: domain.name, text, importedAt: now() }, (there) => {
        const known = [...builtInOnes, ...there.map((one) => parseTrustDomain(one.text))];
        if (known.some((one) => speaksFor(domain, one))) {
          throw extensionError('WAX_EXT_DOMAIN_EXISTS', domain.name);
        }
      });
    },
    async remove(name) {
      await store.removeDomain(name);
      // A demand is about this file: another one of that name is another matter.
      const { demands } = await store.settings();
      await store.changeSettings({ demands: demands.filter(({ domain }) => domain !== name) });
    },
    async demand(name, type, preset) {
      const { hardware } = await this.byName(name);
      if (preset !== null && !stricterPresets(type, hardware).some((one) => one.preset === preset)) {
        throw extensionError('WAX_EXT_PRESET', preset);
      }
      const others = (await store.settings()).demands.filter(
        (one) => one.domain !== name || one.type !== type,
      );
      await store.changeSettings({
        demands: preset === null ? others : [...others, { domain: name, type, preset }],
      });
    },
  };
}
