/** Judges a request and forms the answer. */
import { reasonText } from '../../../protocol/attestation/check-list.ts';
import type { AttestationCheck, EvidenceResult, Layer } from '../../../protocol/attestation/evidence.ts';
import { hardwareVerifiers } from '../../../protocol/attestation/hardware.ts';
import { equalBytes, parseHex, toHex } from '../../../protocol/bytes.ts';
import type { JsonValue } from '../../../protocol/json.ts';
import { evidenceCommandError } from './errors.ts';
import { type EvidenceRequest, layers } from './request.ts';

type LayerState = 'pass' | 'fail' | 'skipped';

export interface EvidenceAnswer {
  readonly verdict: 'accept' | 'reject';
  readonly layers: Readonly<Record<Layer, LayerState>>;
  readonly checks: readonly Omit<AttestationCheck, 'layer'>[];
  readonly claims: { readonly [key: string]: JsonValue };
}

const ids = { 'sev-snp': 'S11.measurement', tdx: 'T13.measurement', nitro: 'N7.measurement' };

/** The expected registers, one or more from the first on, against those of the evidence. */
function checkMeasurement(
  { type, expectedMeasurement }: EvidenceRequest,
  result: EvidenceResult,
): AttestationCheck[] {
  if (expectedMeasurement === null) return [];
  const names = Object.keys(result.measurement ?? {});
  const found = Object.values(result.measurement ?? {}).map((register) => parseHex(register));
  const count = Math.floor(expectedMeasurement.length / 48);
  const compared = parseHex(found.slice(0, count).map(toHex).join(''));
  const id = ids[type];
  if (count > 0 && equalBytes(compared, expectedMeasurement)) {
    const text = `The expected measurement is there: ${names.slice(0, count).join(', ')}.`;
    return [{ id, layer: 'policy', state: 'pass', text }];
  }
  const reason = evidenceCommandError('WAX_EVIDENCE_MEASUREMENT');
  return [{ id, layer: 'policy', state: 'fail', code: reason.code, text: reasonText(reason) }];
}

function stateOf(checks: readonly AttestationCheck[]): LayerState {
  if (checks.some(({ state }) => state === 'fail')) return 'fail';
  return checks.some(({ state }) => state === 'skipped') ? 'skipped' : 'pass';
}

/** Runs every check of the request's type, and answers for the layers that were asked for. */
export async function judgeEvidence(request: EvidenceRequest): Promise<EvidenceAnswer> {
  const verifier = hardwareVerifiers.find(({ type }) => type === request.type);
  if (!verifier) throw evidenceCommandError('WAX_EVIDENCE_REQUEST', `no verifier for ${request.type}`);
  const { expectedNonce, ...input } = request;
  const result = await verifier.verify({ ...input, ...(expectedNonce ? { expectedNonce } : {}) });
  const checks = [...result.checks, ...checkMeasurement(request, result)];
  const judged = layers.map((layer): [Layer, LayerState] => [
    layer,
    request.layers.includes(layer) ? stateOf(checks.filter((check) => check.layer === layer)) : 'skipped',
  ]);
  const states = Object.fromEntries(judged) as Record<Layer, LayerState>;
  return {
    verdict: request.layers.every((layer) => states[layer] === 'pass') ? 'accept' : 'reject',
    layers: states,
    checks: checks
      .filter(({ layer }) => request.layers.includes(layer))
      .map(({ layer: _layer, ...check }) => check),
    claims: {
      ...result.claims,
      product: result.product,
      hardwareId: result.hardwareId,
      measurement: result.measurement && { ...result.measurement },
      reportData: result.reportData && toHex(result.reportData),
      notAfter: result.notAfter > 0 ? new Date(result.notAfter).toISOString() : null,
    },
  };
}
