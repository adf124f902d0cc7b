/** The request of `waxseal evidence verify`: one JSON object, every key known. */
import type { EvidencePolicy, Layer } from '../../../protocol/attestation/evidence.ts';
import { parseNitroPolicy } from '../../../protocol/attestation/nitro/policy.ts';
import { parsePemChain } from '../../../protocol/attestation/pem.ts';
import { parseSnpPolicy } from '../../../protocol/attestation/snp/policy.ts';
import { parseTdxPolicy } from '../../../protocol/attestation/tdx/policy.ts';
import { parseBase64, parseHex, utf8 } from '../../../protocol/bytes.ts';
import { type JsonValue, parseJson } from '../../../protocol/json.ts';
import { readArray, readObject, readOneOf, readString } from '../../../protocol/shape.ts';
import { orderSnpCertificates } from './certificates.ts';
import { evidenceCommandError } from './errors.ts';

export const layers: readonly Layer[] = ['format', 'crypto', 'collateral', 'policy', 'binding'];
const types = ['sev-snp', 'tdx', 'nitro'] as const;
const MAX_TEXT = 512 * 1024;

export interface EvidenceRequest {
  readonly type: (typeof types)[number];
  readonly evidence: Uint8Array;
  /** In the order of wire format B2; a missing one is empty. */
  readonly endorsements: readonly Uint8Array[];
  readonly policy: EvidencePolicy;
  readonly at: number;
  readonly expectedReportData: Uint8Array | null;
  readonly expectedMeasurement: Uint8Array | null;
  readonly expectedNonce: Uint8Array | null;
  readonly layers: readonly Layer[];
}

/** Text that may be empty: what is empty is judged as missing evidence, not as a malformed request. */
function readText(value: JsonValue | undefined, path: string): string {
  return value === '' ? '' : readString(value, path, { most: MAX_TEXT });
}

const readBytes = (value: JsonValue | undefined, path: string) => parseBase64(readText(value, path));

function readOptional<Value>(value: JsonValue | undefined, read: (value: JsonValue) => Value): Value | null {
  return value === undefined ? null : read(value);
}

/** RFC 3339, in UTC or with an offset, with or without a fraction of a second; epoch ms. */
function readMoment(value: JsonValue | undefined): number {
  const pattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
  const text = readString(value, 'at', { most: 40, pattern });
  const at = Date.parse(text);
  const day = Number(text.slice(8, 10));
  // Date.parse rolls 30 February over into March.
  const real = !Number.isNaN(at) && new Date(`${text.slice(0, 10)}T00:00:00Z`).getUTCDate() === day;
  if (!real) throw evidenceCommandError('WAX_EVIDENCE_REQUEST', 'at: no such time');
  return at;
}

function readCertificates(certificates: JsonValue | undefined, pem: JsonValue | undefined): Uint8Array[] {
  const text = pem ?? (typeof certificates === 'string' ? certificates : undefined);
  if (pem !== undefined && certificates !== undefined) {
    throw evidenceCommandError('WAX_EVIDENCE_REQUEST', 'endorsements: certificates and pem');
  }
  if (text !== undefined)
    return parsePemChain(utf8(readString(text, 'endorsements.pem', { most: MAX_TEXT })));
  return readOptional(certificates, (list) => readArray(list, 'endorsements.certificates', readBytes)) ?? [];
}

function readEndorsements(type: EvidenceRequest['type'], value: JsonValue | undefined): Uint8Array[] {
  const keys = ['certificates', 'pem', 'crls', 'tcbInfo', 'qeIdentity', 'tcbSigningChain'] as const;
  const given = readObject(value ?? {}, 'endorsements', [], keys);
  const crls = readOptional(given.crls, (list) => readArray(list, 'endorsements.crls', readBytes)) ?? [];
  const certificates = readCertificates(given.certificates, given.pem);
  const text = (key: 'tcbInfo' | 'qeIdentity' | 'tcbSigningChain') =>
    utf8(given[key] === undefined ? '' : readText(given[key], `endorsements.${key}`));
  if (type === 'sev-snp') return [...orderSnpCertificates(certificates), ...crls];
  // The platform's own chain is inside a quote, and a Nitro document carries all of it.
  if (type === 'nitro') return [...certificates, ...crls];
  return [text('tcbInfo'), text('qeIdentity'), text('tcbSigningChain'), ...crls];
}

function readPolicy(type: EvidenceRequest['type'], value: JsonValue | undefined): EvidencePolicy {
  const parse = { 'sev-snp': parseSnpPolicy, tdx: parseTdxPolicy, nitro: parseNitroPolicy }[type];
  return parse(value ?? {}, 'policy');
}

/**
 * Reads a request.
 * @throws a coded error for anything malformed, unknown keys included
 */
export function parseEvidenceRequest(text: string): EvidenceRequest {
  const optional = ['endorsements', 'expected', 'policy', 'layersOnly'] as const;
  const json = parseJson(text, { bytes: 4 << 20 });
  const request = readObject(json, 'request', ['type', 'evidence', 'at'], optional);
  const type = readOneOf(request.type, 'type', types);
  const expected = readObject(request.expected ?? {}, 'expected', [], ['reportData', 'measurement', 'nonce']);
  const hex = (key: 'reportData' | 'measurement' | 'nonce') =>
    readOptional(expected[key], (value) => parseHex(readText(value, `expected.${key}`)));
  if (type !== 'nitro' && expected.nonce !== undefined) {
    throw evidenceCommandError('WAX_EVIDENCE_REQUEST', `expected.nonce: ${type} has no nonce`);
  }
  const asked = readOptional(request.layersOnly, (list) =>
    readArray(list, 'layersOnly', (word, path) => readOneOf(word, path, layers), { least: 1, most: 5 }),
  );
  return {
    type,
    evidence: readBytes(request.evidence, 'evidence'),
    endorsements: readEndorsements(type, request.endorsements),
    policy: readPolicy(type, request.policy),
    at: readMoment(request.at),
    expectedReportData: hex('reportData'),
    expectedMeasurement: hex('measurement'),
    expectedNonce: hex('nonce'),
    layers: asked ?? layers,
  };
}
