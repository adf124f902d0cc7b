/** Checks of Intel's signed data (T6, T7) and of the revocation lists (C7, T5). */
import { equalBytes, toHex } from '../../bytes.ts';
import { verifyEcdsaP256 } from '../../signatures.ts';
import { checkCertificate, checkCrl, verifyPinned } from '../chain.ts';
import type { CheckList, Found } from '../check-list.ts';
import { verifyNotRevoked } from '../crl.ts';
import { isSignatureInRange, p256 } from '../curves.ts';
import type { EvidenceInput } from '../evidence.ts';
import { parsePemChain } from '../pem.ts';
import { type Certificate, verifyEndEntity, verifyIssuedBy } from '../x509.ts';
import { parseQeIdentity, parseTcbInfo, type QeIdentity, type TcbInfo } from './collateral.ts';
import { tdxError } from './errors.ts';
import type { PckPlatform } from './pck.ts';
import type { TdxQuote } from './quote.ts';
import { verifyQeIdentity } from './tcb.ts';

const SIGNER = 'Intel SGX TCB Signing';

function verifyCollateralDates({ issueDate, nextUpdate }: TcbInfo | QeIdentity, at: number): void {
  if (!(at >= issueDate && at <= nextUpdate)) {
    const from = new Date(issueDate).toISOString();
    throw tdxError('WAX_TDX_COLLATERAL_DATES', `${from} to ${new Date(nextUpdate).toISOString()}`);
  }
}

async function verifyCollateralSignature(
  collateral: TcbInfo | QeIdentity,
  signer: Certificate,
): Promise<void> {
  const { publicKey } = signer;
  const { signature, signed } = collateral;
  const isP256 = publicKey.kind === 'ec' && publicKey.curve === p256;
  if (
    !isP256 ||
    !isSignatureInRange(p256, signature) ||
    !(await verifyEcdsaP256(publicKey.point, signed, signature))
  ) {
    throw tdxError('WAX_TDX_COLLATERAL_SIGNATURE', collateral.id);
  }
}

function verifyKind(collateral: TcbInfo | QeIdentity, id: string, version: number): void {
  if (collateral.id !== id || collateral.version !== version) {
    throw tdxError('WAX_TDX_COLLATERAL_PLATFORM', `${collateral.id} version ${collateral.version}`);
  }
}

function verifyTcbInfoPlatform(info: TcbInfo, platform: PckPlatform): void {
  verifyKind(info, 'TDX', 3);
  if (info.tcbType !== 0) throw tdxError('WAX_TDX_COLLATERAL_FORM', 'tcbType');
  const same = equalBytes(info.fmspc, platform.fmspc) && equalBytes(info.pceId, platform.pceId);
  if (!same) throw tdxError('WAX_TDX_COLLATERAL_PLATFORM', `FMSPC ${toHex(info.fmspc)}`);
}

function checkSigner(checks: CheckList, pem: Uint8Array | undefined, at: number, pin: string) {
  const chain = checks.run('T6.chain', 'collateral', 'The signing chain is well-formed.', [], () => {
    if (pem === undefined || pem.length === 0) throw tdxError('WAX_TDX_COLLATERAL_MISSING', 'signing chain');
    return parsePemChain(pem);
  });
  const der = async (index: number) => (await chain)?.[index];
  const signer = checkCertificate(checks, 'tcb-signing', der(0), at, 'collateral');
  const root = checkCertificate(checks, 'tcb-root', der(1), at, 'collateral');
  checks.run(
    'T6.issuer',
    'collateral',
    "Intel's root issued the signing key.",
    [chain, signer, root],
    async (all, it, by) => {
      if (all.length !== 2 || it.subjectCommonName !== SIGNER)
        throw tdxError('WAX_TDX_CHAIN', `${SIGNER} expected`);
      verifyEndEntity(it);
      await verifyIssuedBy(it, by, 0);
    },
  );
  checks.run('C3.tcb-root', 'collateral', 'The signing chain ends in the pinned root.', [root], (it) =>
    verifyPinned(it, [pin]),
  );
  return signer;
}

/** What the vendor data says. What could not be read has failed a check in the list. */
export interface CheckedCollateral {
  readonly info: Found<TcbInfo>;
  readonly identity: Found<QeIdentity>;
  /** Ends of everything that has one, epoch ms. */
  ends(): Promise<(number | undefined)[]>;
}

/** Runs all checks of layer `collateral`. */
export function checkCollateral(
  checks: CheckList,
  { endorsements, at }: EvidenceInput,
  pin: string,
  quote: Found<TdxQuote>,
  platform: Found<PckPlatform>,
  chain: { pck: Found<Certificate>; ca: Found<Certificate>; root: Found<Certificate> },
): CheckedCollateral {
  const [tcbBody, qeBody, pem, pckCrl, rootCrl] = endorsements;
  const run = checks.run.bind(checks);
  const signer = checkSigner(checks, pem, at, pin);

  const info = run('T6.form', 'collateral', 'The TCB info is well-formed.', [], () => parseTcbInfo(tcbBody));
  run(
    'T6.signature',
    'collateral',
    'The TCB info is signed by Intel.',
    [info, signer],
    verifyCollateralSignature,
  );
  run('T6.dates', 'collateral', 'The TCB info is in date.', [info], (it) => verifyCollateralDates(it, at));
  run(
    'T6.platform',
    'collateral',
    'The TCB info is for this platform.',
    [info, platform],
    verifyTcbInfoPlatform,
  );

  const identity = run('T7.form', 'collateral', 'The QE identity is well-formed.', [], () =>
    parseQeIdentity(qeBody),
  );
  run(
    'T7.signature',
    'collateral',
    'The QE identity is signed by Intel.',
    [identity, signer],
    verifyCollateralSignature,
  );
  run('T7.dates', 'collateral', 'The QE identity is in date.', [identity], (it) =>
    verifyCollateralDates(it, at),
  );
  run('T7.kind', 'collateral', 'The QE identity is for the TD quoting enclave.', [identity], (it) =>
    verifyKind(it, 'TD_QE', 2),
  );
  run(
    'T7.identity',
    'collateral',
    'The quoting enclave is the one that Intel published.',
    [quote, identity],
    (it, published) => verifyQeIdentity(it.qeReport, published),
  );

  const pckList = checkCrl(checks, 'pck-crl', pckCrl, chain.ca, at);
  run(
    'T5.pck-revoked',
    'collateral',
    'The platform certificate is not revoked.',
    [pckList, chain.pck],
    (list, it) => verifyNotRevoked(list, [it]),
  );
  const rootList = checkCrl(checks, 'root-crl', rootCrl, chain.root, at);
  run('T5.ca-revoked', 'collateral', 'The platform CA is not revoked.', [rootList, chain.ca], (list, it) =>
    verifyNotRevoked(list, [it]),
  );
  run('T5.signer-revoked', 'collateral', 'The signing key is not revoked.', [rootList, signer], (list, it) =>
    verifyNotRevoked(list, [it]),
  );
  return {
    info,
    identity,
    ends: async () => [
      (await signer)?.notAfter,
      (await info)?.nextUpdate,
      (await identity)?.nextUpdate,
      (await pckList)?.nextUpdate,
      (await rootList)?.nextUpdate,
    ],
  };
}
