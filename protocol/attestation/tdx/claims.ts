import { toHex } from '../../bytes.ts';
import type { JsonValue } from '../../json.ts';
import type { QeIdentity, TcbInfo } from './collateral.ts';
import type { PckPlatform } from './pck.ts';
import { attributeBits, toBits } from './policy-checks.ts';
import type { TdxQuote } from './quote.ts';
import type { Verdict } from './tcb.ts';

const hexFields = (fields: object): { [key: string]: JsonValue } =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value === null || value instanceof Uint8Array)
      .map(([name, value]) => [name, value === null ? null : toHex(value as Uint8Array)]),
  );

/** Every field of a quote, as JSON. */
export function quoteClaims(quote: TdxQuote): { [key: string]: JsonValue } {
  const attributes = toBits(quote.body.tdAttributes);
  const { raw: _raw, isvProdId, isvSvn, ...qe } = quote.qeReport;
  return {
    version: quote.version,
    qeVendor: toHex(quote.qeVendor),
    userData: toHex(quote.userData),
    body: hexFields(quote.body),
    tdAttributes: Object.fromEntries(
      Object.entries(attributeBits).map(([name, bit]) => [name, ((attributes >> BigInt(bit)) & 1n) === 1n]),
    ),
    attestationKey: toHex(quote.attestationKey),
    qeReport: { ...hexFields(qe), isvProdId, isvSvn },
    qeAuthData: toHex(quote.qeAuthData),
    trailingBytes: quote.trailing.length,
  };
}

/** What the PCK certificate says about the platform. */
export function platformClaims(platform: PckPlatform): { [key: string]: JsonValue } {
  const { components, pceSvn, type, ...bytes } = platform;
  return { ...hexFields(bytes), components: [...components], pceSvn, type };
}

/** Dates and evaluation of a piece of vendor data. */
export function collateralClaims({
  id,
  version,
  issueDate,
  nextUpdate,
  evaluation,
}: TcbInfo | QeIdentity): JsonValue {
  const text = (at: number) => new Date(at).toISOString();
  return { id, version, issueDate: text(issueDate), nextUpdate: text(nextUpdate), evaluation };
}

/** A TCB status with its advisories; null where it could not be judged. */
export function verdictClaims(verdict: Verdict | null): JsonValue {
  return verdict && { status: verdict.status, advisories: [...verdict.advisories] };
}
