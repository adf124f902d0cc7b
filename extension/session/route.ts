/** Which way requests go to a service. @module */
import type { TrustDomain } from '../../protocol/policy.ts';
import type { Service } from './enclave-client.ts';

/**
 * The service by the way that a trust domain names, unless whoever asks has named one. Without the relay that
 * is named nothing is sent: the way past it would show the address that it is there to hide.
 */
export function routeTo(service: Service, { enclaves }: TrustDomain): Service {
  if (service.relay !== undefined) return service;
  const relay = enclaves.find((enclave) => enclave.service === service.origin)?.relay;
  return relay === undefined ? service : { ...service, relay: relay.url };
}
