/** TCB info and QE identity in the form of Intel's service, signed with keys of our own. */
import { type KeyObject, sign } from 'node:crypto';
import type { JsonValue } from '../../../protocol/json.ts';

export const at = Date.parse('2027-06-01T12:00:00Z');
const day = 86_400_000;
export type Fields = { [key: string]: JsonValue };

/** r ‖ s of an ECDSA signature with SHA-256. */
export const rawSign = (key: KeyObject, message: Uint8Array) =>
  new Uint8Array(sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' }));

const svns = (values: readonly number[]) => values.map((svn) => ({ svn }));
export const sixteen = (first: number, second = 0, third = 0): number[] => [
  first,
  second,
  third,
  ...new Array<number>(13).fill(0),
];

/** One platform level of a TCB info. */
export function level(
  sgx: readonly number[],
  tdx: readonly number[],
  pcesvn: number,
  tcbStatus: string,
  advisoryIDs?: string[],
): Fields {
  return {
    tcb: { sgxtcbcomponents: svns(sgx), pcesvn, tdxtcbcomponents: svns(tdx) },
    tcbDate: '2026-01-01T00:00:00Z',
    tcbStatus,
    ...(advisoryIDs ? { advisoryIDs } : {}),
  };
}

/** One level of a module or enclave. */
export const svnLevel = (isvsvn: number, tcbStatus: string): Fields => ({
  tcb: { isvsvn },
  tcbDate: '2026-01-01T00:00:00Z',
  tcbStatus,
});

const iso = (time: number) => new Date(time).toISOString().replace('.000Z', 'Z');
const dates = { issueDate: iso(at - day), nextUpdate: iso(at + 20 * day), tcbEvaluationDataNumber: 18 };
const module = (id: string | null, levels: Fields[]): Fields => ({
  ...(id === null ? {} : { id }),
  mrsigner: '00'.repeat(48),
  attributes: '00'.repeat(8),
  attributesMask: 'FF'.repeat(8),
  ...(id === null ? {} : { tcbLevels: levels }),
});

export const tcbInfo: Fields = {
  id: 'TDX',
  version: 3,
  ...dates,
  fmspc: '90C06F000000',
  pceId: '0000',
  tcbType: 0,
  tdxModule: module(null, []),
  tdxModuleIdentities: [
    module('TDX_03', [svnLevel(3, 'UpToDate')]),
    module('TDX_01', [svnLevel(6, 'UpToDate'), svnLevel(4, 'OutOfDate'), svnLevel(2, 'Revoked')]),
  ],
  tcbLevels: [
    level(sixteen(5, 5, 2), sixteen(6, 0, 5), 11, 'UpToDate'),
    level(sixteen(4, 4, 2), sixteen(5, 0, 4), 11, 'SWHardeningNeeded', ['INTEL-SA-00001']),
    level(sixteen(3, 3, 2), sixteen(5, 0, 3), 11, 'ConfigurationNeeded'),
    level(sixteen(2, 2, 2), sixteen(5, 0, 2), 5, 'OutOfDate', ['INTEL-SA-00002']),
  ],
};

export const qeIdentity: Fields = {
  id: 'TD_QE',
  version: 2,
  ...dates,
  miscselect: '00000000',
  miscselectMask: 'FFFFFFFF',
  attributes: '11000000000000000000000000000000',
  attributesMask: 'FBFFFFFFFFFFFFFF0000000000000000',
  mrsigner: 'DC'.repeat(32),
  isvprodid: 2,
  tcbLevels: [svnLevel(4, 'UpToDate'), svnLevel(2, 'OutOfDate')],
};

/** A signed body as Intel's service sends it. */
export function signedBody(key: string, value: Fields, by: KeyObject): Uint8Array {
  const inner = JSON.stringify(value);
  const signature = Buffer.from(rawSign(by, new TextEncoder().encode(inner))).toString('hex');
  return new TextEncoder().encode(`{"${key}":${inner},"signature":"${signature}"}`);
}
