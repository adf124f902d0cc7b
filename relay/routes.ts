/**
 * What a relay carries, and from where to where (wire-format.md B11): two paths, to services on a fixed list.
 * Paths are compared as they came. Nothing is decoded, so no spelling leads anywhere else.
 * @module
 */
import { CodedError } from '../protocol/errors.ts';
import { readOrigin } from '../protocol/shape.ts';
import { relayError } from './errors.ts';

/** Services by their host, as a path names them: `chat.example`, or with a port, `127.0.0.1:4443`. */
export type Services = ReadonlyMap<string, URL>;

export interface Route {
  readonly service: URL;
  /** Path at the service. */
  readonly path: string;
  readonly kind: 'offer' | 'turn';
}

const relayed = /^\/relay\/([^/?#]+)(\/waxseal\/v1\/(?:sessions|turns\/[0-9a-f]{8}))$/;

/**
 * Reads the list of services: https origins, or http on a loopback name for development.
 * @throws WAX_RELAY_SERVICES where one is none, or two have one host, or there is none at all
 */
export function parseServices(origins: readonly string[]): Services {
  const services = new Map<string, URL>();
  for (const origin of origins) {
    let service: URL;
    try {
      service = new URL(readOrigin(origin, 'service'));
    } catch (cause) {
      throw relayError('WAX_RELAY_SERVICES', cause instanceof CodedError ? cause.detail : '', { cause });
    }
    // Two schemes on one host: a path could not say which is meant, and one of them would be in the clear.
    if (services.has(service.host)) throw relayError('WAX_RELAY_SERVICES', `${service.host} twice`);
    services.set(service.host, service);
  }
  if (services.size === 0) throw relayError('WAX_RELAY_SERVICES', 'none');
  return services;
}

/** @throws WAX_RELAY_PATH, WAX_RELAY_SERVICE */
export function findRoute(services: Services, path: string): Route {
  const [, host = '', rest = ''] = relayed.exec(path) ?? [];
  if (rest === '') throw relayError('WAX_RELAY_PATH');
  const service = services.get(host);
  if (service === undefined) throw relayError('WAX_RELAY_SERVICE');
  return { service, path: rest, kind: rest.endsWith('/sessions') ? 'offer' : 'turn' };
}
