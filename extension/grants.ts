/**
 * Sites on which the sealed box may appear. The browser's permission is the ground of a grant: a record
 * without the permission counts for nothing.
 * @module
 */
import type { JsonValue } from '../protocol/json.ts';
import { readBoolean, readObject, readOrigin } from '../protocol/shape.ts';

export interface Grant {
  /** Origin of the site, `https://chat.example` or loopback with its port. */
  readonly site: string;
  /** The sealed box; on unless the person closed it for good here. */
  readonly box: boolean;
  /** The fetch adapter, off unless switched on in Options. */
  readonly adapter: boolean;
}

/** Reads a stored grant; throws where it is not whole. */
export function parseGrant(value: JsonValue | undefined): Grant {
  const read = readObject(value, 'grant', ['site', 'box', 'adapter']);
  return {
    site: readOrigin(read.site, 'grant.site'),
    box: readBoolean(read.box, 'grant.box'),
    adapter: readBoolean(read.adapter, 'grant.adapter'),
  };
}

/**
 * Match pattern to ask the browser for. Firefox knows no ports in patterns, so a port is left out and the
 * background compares whole origins when a page asks for a frame.
 */
export function permissionPattern(site: string): string {
  const { protocol, hostname } = new URL(site);
  return `${protocol}//${hostname}/*`;
}

/** Id of the registered adapter of a site. */
export function adapterId(site: string): string {
  return `adapter ${permissionPattern(site)}`;
}

/** Id of the registered content script of a site. */
export function bridgeId(site: string): string {
  return `bridge ${permissionPattern(site)}`;
}
