/** What verifiers made by others say of the same evidence; null where they are not installed. */
import { gzipSync } from 'node:zlib';
import type { EvidenceInput } from '../../../protocol/attestation/evidence.ts';
import { toBase64, toHex } from '../../../protocol/bytes.ts';
import { loadPeer } from '../peers.ts';

/** `accepted`, with the TCB status where there is one, or `refused`. */
export type PeerVerdict = (input: EvidenceInput) => Promise<string>;

interface QuoteLibrary {
  verify(quote: Uint8Array, collateral: object, nowSeconds: number): { status: string };
}

interface ReportLibrary {
  PredicateType: { SevGuestV2: string };
  verifyAttestation(document: { format: string; body: string }, vcekBase64: string): Promise<unknown>;
}

const text = (bytes: Uint8Array = new Uint8Array()) => new TextDecoder('latin1').decode(bytes);

/** Intel's bodies as this library takes them: the signed text and the signature apart. */
function collateralOf([info, identity, chain, pckList, rootList]: readonly Uint8Array[]): object {
  const split = (body?: Uint8Array) => {
    const [, signed = '', signature = ''] =
      /^\{"\w+":(.*),"signature":"([0-9a-fA-F]+)"\}\s*$/s.exec(text(body)) ?? [];
    return { signed, signature };
  };
  const [tcb, qe] = [split(info), split(identity)];
  return {
    pck_crl_issuer_chain: '',
    pck_crl: toHex(pckList ?? new Uint8Array()),
    root_ca_crl: toHex(rootList ?? new Uint8Array()),
    tcb_info_issuer_chain: text(chain),
    tcb_info: tcb.signed,
    tcb_info_signature: tcb.signature,
    qe_identity_issuer_chain: text(chain),
    qe_identity: qe.signed,
    qe_identity_signature: qe.signature,
  };
}

/** `@phala/dcap-qvl`, for TDX with vendor data, at the given time. */
export async function dcapQvl(): Promise<PeerVerdict | null> {
  const loaded = await loadPeer<{ default: QuoteLibrary }>('@phala/dcap-qvl');
  if (loaded === null) return null;
  return async ({ evidence, endorsements, at }) =>
    `accepted (${loaded.default.verify(evidence, collateralOf(endorsements), at / 1000).status})`;
}

/** `@tinfoilsh/verifier`, for SEV-SNP on Genoa; its clock is the system's, its chain above the VCEK its own. */
export async function tinfoil(): Promise<PeerVerdict | null> {
  const loaded = await loadPeer<ReportLibrary>('@tinfoilsh/verifier');
  if (loaded === null) return null;
  return async ({ evidence, endorsements }) => {
    const document = { format: loaded.PredicateType.SevGuestV2, body: toBase64(gzipSync(evidence)) };
    await loaded.verifyAttestation(document, toBase64(endorsements[0] ?? new Uint8Array()));
    return 'accepted';
  };
}

/** The verdict as one word or two; whatever is thrown counts as a refusal, as it does for callers. */
export async function peerSays(verdict: PeerVerdict, input: EvidenceInput): Promise<string> {
  try {
    return await verdict(input);
  } catch {
    return 'refused';
  }
}
