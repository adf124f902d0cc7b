/** A trust domain in the words of Options. @module */
import { type Demands, stricterPresets } from '../../protocol/demands.ts';
import type { HardwareType } from '../../protocol/hardware-diff.ts';
import type { LogState } from '../../protocol/log/state.ts';
import type { TrustDomain } from '../../protocol/policy.ts';
import type { DomainSummary, HardwareDemand } from '../ui/surfaces/trust.ts';

function chipsOf({ hardware }: TrustDomain): string[] {
  const snp = (hardware['sev-snp']?.products ?? []).map((product) => `AMD ${product}`);
  return [...snp, ...(hardware.tdx ? ['Intel TDX'] : []), ...(hardware.nitro ? ['AWS Nitro'] : [])];
}

/** The types of hardware of which more can be demanded than the trust domain does, or is. */
function demandsIn({ hardware }: TrustDomain, demands: Demands): HardwareDemand[] {
  return (Object.keys(hardware) as HardwareType[])
    .map((type) => ({ type, presets: stricterPresets(type, hardware), chosen: demands[type] ?? null }))
    .filter(({ presets, chosen }) => presets.length > 0 || chosen !== null);
}

/** What Options shows of a trust domain; `state` adds what the log itself has said by now. */
export function summarise(domain: TrustDomain, state: LogState | null, demands: Demands = {}): DomainSummary {
  const { log, witnesses, quorum, hardware, enclaves, freshness } = domain;
  const policy = state?.ledger.policy ?? null;
  return {
    name: domain.name,
    log: { origin: log.origin, size: state?.ledger.size ?? log.pin.size },
    publishers: policy && { needed: policy.threshold, all: policy.publishers.length },
    witnesses: {
      needed: quorum,
      all: witnesses.length,
      operators: [...new Set(witnesses.map(({ operator }) => operator))],
    },
    chips: chipsOf(domain),
    simulator: hardware['sev-snp-simulated'] !== undefined,
    services: enclaves.map(({ service }) => service),
    relays: [...new Map(enclaves.flatMap(({ relay }) => (relay ? [[relay.url, relay]] : []))).values()],
    freshHours: freshness.cosignatureHours,
    demands: demandsIn(domain, demands),
  };
}

/** Stands where no trust domain is built in. */
export const noDomain: DomainSummary = {
  name: 'Waxseal',
  log: { origin: '', size: 0 },
  publishers: null,
  witnesses: { needed: 0, all: 0, operators: [] },
  chips: [],
  simulator: false,
  services: [],
  relays: [],
  freshHours: 0,
  demands: [],
};
