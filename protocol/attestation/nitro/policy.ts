import type { JsonValue } from '../../json.ts';
import { readBoolean, readInteger, readMap, readObject, readString } from '../../shape.ts';
import { attestationError } from '../errors.ts';

/** What a Nitro enclave must satisfy. PCR0, 1 and 2 are met by a logged release, always. */
export interface NitroPolicy {
  readonly type: 'nitro';
  /** How old a document may be. */
  readonly maximumAgeSeconds: number;
  /** How far in the future a document may be. */
  readonly clockSkewSeconds: number;
  /** Required values by index, from 3 on, in hexadecimal. */
  readonly pcrs: Readonly<Record<string, string>>;
  /** Accept documents that carry a key for another protocol; it is not used. */
  readonly publicKey: boolean;
}

const defaults: Omit<NitroPolicy, 'type'> = {
  maximumAgeSeconds: 300,
  clockSkewSeconds: 60,
  pcrs: {},
  publicKey: false,
};

function readPcrs(value: JsonValue, path: string): Record<string, string> {
  const pcrs: Record<string, string> = {};
  for (const [index, wanted] of Object.entries(readMap(value, path))) {
    // The first three are the release's business: a policy that names them could only disagree with the log.
    if (!/^(?:[3-9]|[12]\d|3[01])$/.test(index))
      throw attestationError('WAX_ATTESTATION_POLICY', `${path}: PCR index`);
    pcrs[index] = readString(wanted, `${path}.${index}`, { most: 96, pattern: /^[0-9a-f]{96}$/ });
  }
  return pcrs;
}

/** Reads a policy for Nitro. Keys that are left out have the strict default; unknown keys are an error. */
export function parseNitroPolicy(value: JsonValue, path: string): NitroPolicy {
  const { maximumAgeSeconds, clockSkewSeconds, pcrs, publicKey } = readObject(
    value,
    path,
    [],
    Object.keys(defaults) as (keyof typeof defaults)[],
  );
  const seconds = (given: JsonValue | undefined, name: string, or: number) =>
    given === undefined ? or : readInteger(given, `${path}.${name}`, 1, 86_400);
  return {
    type: 'nitro',
    maximumAgeSeconds: seconds(maximumAgeSeconds, 'maximumAgeSeconds', defaults.maximumAgeSeconds),
    clockSkewSeconds: seconds(clockSkewSeconds, 'clockSkewSeconds', defaults.clockSkewSeconds),
    pcrs: pcrs === undefined ? defaults.pcrs : readPcrs(pcrs, `${path}.pcrs`),
    publicKey: publicKey === undefined ? defaults.publicKey : readBoolean(publicKey, `${path}.publicKey`),
  };
}
