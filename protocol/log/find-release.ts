/**
 * Finds the live release that covers a running program. Measurement, configuration, models, service and
 * product must all be in one release (wire-format.md B2): two that each cover half of it cover nothing.
 * @module
 */
import type { CodedError } from '../errors.ts';
import { type Platform, registersOf } from './kinds/release.ts';
import { isLogged, type Ledger, type Logged } from './ledger.ts';
import { releaseError } from './release-errors.ts';

export interface ReleaseQuery {
  platform: Platform;
  /** Register name to hex, as the evidence gives it. */
  measurement: Readonly<Record<string, string>>;
  configSha256: string;
  models: readonly { id: string; sha256: string }[];
  service: string;
  product: string;
  /** The time to judge at, milliseconds. */
  at: number;
}

export type ReleaseAnswer =
  | { live: Logged<'release'>; shape: string }
  /** Why not, for the release that comes closest; the first reason is the weightiest. */
  | { live: null; closest: Logged<'release'> | null; reasons: CodedError[] };

type Release = Logged<'release'>;

/** Name of the shape with this measurement, or null. Every register of the platform has to agree. */
function matchingShape({ statement }: Release, { platform, measurement }: ReleaseQuery): string | null {
  const names = registersOf(platform);
  const shapes = statement.measurements[platform] ?? [];
  const match = shapes.find(({ registers }) =>
    names.every((name) => registers[name] !== undefined && registers[name] === measurement[name]),
  );
  return match?.shape ?? null;
}

/** The parts of the query that this release does not cover. */
function missingParts({ statement }: Release, query: ReleaseQuery): string[] {
  const hasModel = ({ id, sha256 }: { id: string; sha256: string }) =>
    statement.models.some((model) => model.id === id && model.sha256 === sha256);
  return [
    ...(statement.product === query.product ? [] : ['product']),
    ...(statement.configSha256 === query.configSha256 ? [] : ['configuration']),
    ...(query.models.length > 0 && query.models.every(hasModel) ? [] : ['models']),
    ...(statement.services.includes(query.service) ? [] : ['service']),
  ];
}

/** When a newer version retires this release (milliseconds), or null as far as is known. */
export function retiredAt({ statement }: Release, ledger: Ledger): number | null {
  const times = ledger.retirements
    .filter(({ product, below }) => product === statement.product && statement.version < below)
    .map(({ at }) => at);
  return times.length === 0 ? null : Math.min(...times);
}

/** Everything that keeps a release from being live at a time; empty if it is. */
export function checkLive(release: Release, ledger: Ledger, at: number): CodedError[] {
  const { statement, takenBack, index } = release;
  const about = `entry ${index}, version ${statement.version}`;
  const reasons: CodedError[] = [];
  if (takenBack !== null) {
    const code = takenBack.action === 'revoke' ? 'WAX_RELEASE_REVOKED' : 'WAX_RELEASE_SUPERSEDED';
    reasons.push(releaseError(code, `${about}, by entry ${takenBack.index}`));
  }
  const retired = retiredAt(release, ledger);
  if (retired !== null && at >= retired) reasons.push(releaseError('WAX_RELEASE_RETIRED', about));
  if (at >= statement.expires) reasons.push(releaseError('WAX_RELEASE_EXPIRED', about));
  if (at < statement.notBefore) reasons.push(releaseError('WAX_RELEASE_NOT_YET', about));
  return reasons;
}

/** The live release for a program, or why there is none. */
export function findRelease(ledger: Ledger, query: ReleaseQuery): ReleaseAnswer {
  // The newest first: if several cover it, the one with the latest word on it is shown.
  const releases = ledger.approvals.filter((logged) => isLogged(logged, 'release')).reverse();
  const measured = releases.filter((release) => matchingShape(release, query) !== null);
  const covering = measured.filter((release) => missingParts(release, query).length === 0);
  for (const release of covering) {
    const shape = matchingShape(release, query);
    if (shape !== null && checkLive(release, ledger, query.at).length === 0) return { live: release, shape };
  }
  const [closest] = covering;
  if (closest !== undefined) return { live: null, closest, reasons: checkLive(closest, ledger, query.at) };
  const byFewest = measured.toSorted((a, b) => missingParts(a, query).length - missingParts(b, query).length);
  const [partial] = byFewest;
  if (partial === undefined)
    return { live: null, closest: null, reasons: [releaseError('WAX_RELEASE_UNKNOWN')] };
  const missing = releaseError('WAX_RELEASE_PARTIAL', `other ${missingParts(partial, query).join(', ')}`);
  return { live: null, closest: partial, reasons: [missing, ...checkLive(partial, ledger, query.at)] };
}
