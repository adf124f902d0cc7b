/**
 * SEV-SNP evidence of every product's shape under roots of our own, with a hook at each step to spoil it.
 * The RSA keys are the simulator's, which are public: making 4096-bit keys anew would take seconds each run.
 */
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  type CertificateFields,
  type CrlFields,
  caConstraints,
  keyUsage,
  makeCertificate,
  makeCrl,
  name,
  privateKey,
  publicKeyInfo,
  rsaSigner,
  type Signer,
} from '../../../enclave-server/attester/simulator/certificates.ts';
import {
  type ChipFields,
  chipExtensions,
} from '../../../enclave-server/attester/simulator/chip-extensions.ts';
import { material } from '../../../enclave-server/attester/simulator/material.ts';
import {
  type ReportFields,
  signReport,
  writeReport,
} from '../../../enclave-server/attester/simulator/report-writer.ts';
import { fingerprint } from '../../../protocol/attestation/chain.ts';
import type { EvidenceInput, EvidenceVerifier } from '../../../protocol/attestation/evidence.ts';
import { parseSnpPolicy } from '../../../protocol/attestation/snp/policy.ts';
import type { SnpProduct } from '../../../protocol/attestation/snp/product.ts';
import { createSnpVerifier } from '../../../protocol/attestation/snp/verify.ts';
import type { JsonValue } from '../../../protocol/json.ts';

export const at = Date.parse('2027-06-01T12:00:00Z');
const day = 86_400_000;
const organisation = 'Waxseal tests';
export const rsaKeys = { ark: privateKey(material.arkKey), ask: privateKey(material.askKey) };
const vcekKey = generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;

interface Shape {
  line: string;
  name: string;
  cpuid: [number, number, number];
  versions: ChipFields['versions'];
  tcb: Uint8Array;
  idBytes: number;
}

const classic = (bootloader: number, tee: number, snp: number, microcode: number) => ({
  versions: { bootloader, tee, snp, microcode },
  tcb: Uint8Array.of(bootloader, tee, 0, 0, 0, 0, snp, microcode),
  idBytes: 64,
});

const shapes: Record<SnpProduct, Shape> = {
  milan: { line: 'Milan', name: 'Milan-B0', cpuid: [0x19, 0x01, 1], ...classic(4, 0, 24, 219) },
  genoa: { line: 'Genoa', name: 'Genoa', cpuid: [0x19, 0x11, 1], ...classic(10, 0, 23, 84) },
  'bergamo-siena': { line: 'Genoa', name: 'Siena', cpuid: [0x19, 0xa0, 2], ...classic(10, 0, 27, 27) },
  turin: {
    line: 'Turin',
    name: 'Turin',
    cpuid: [0x1a, 0x02, 1],
    versions: { fmc: 1, bootloader: 1, tee: 1, snp: 4, microcode: 81 },
    tcb: Uint8Array.of(1, 1, 1, 4, 0, 0, 0, 81),
    idBytes: 8,
  },
};

type CertificateChange = Partial<CertificateFields> & { signer?: Signer };

/** What to change in otherwise acceptable evidence. */
export interface SnpChange {
  product?: SnpProduct;
  vlek?: boolean;
  report?: Partial<ReportFields>;
  /** Changes the report before it is signed. */
  patch?: (report: Uint8Array) => void;
  /** Changes the report after it was signed. */
  tamper?: (report: Uint8Array) => Uint8Array;
  reportKey?: KeyObject;
  chip?: Partial<ChipFields>;
  vcek?: CertificateChange;
  ask?: CertificateChange;
  ark?: CertificateChange;
  crl?: Partial<CrlFields> & { signer?: Signer };
  /** Changes the finished endorsements. */
  endorsements?: (items: Uint8Array[]) => Uint8Array[];
  policy?: { [key: string]: JsonValue };
  /** Pins something else than the root that was made. */
  root?: string;
  expectedReportData?: Uint8Array | null;
}

/** Report fields that the strict default policy accepts. */
function reportFields(shape: Shape, chipId: Uint8Array): ReportFields {
  return {
    version: 5,
    guestSvn: 1,
    policy: 0x3001fn,
    vmpl: 0,
    signatureAlgorithm: 1,
    platformInfo: 0x25n,
    keyInfo: 0,
    reportData: new Uint8Array(64).fill(0xab),
    measurement: new Uint8Array(48).fill(0xcd),
    hostData: new Uint8Array(32).fill(0xef),
    cpuid: shape.cpuid,
    chipId,
    currentTcb: shape.tcb,
    reportedTcb: shape.tcb,
    committedTcb: shape.tcb,
    launchTcb: shape.tcb,
    firmware: [40, 55, 1],
    launchMitigations: 3n,
    currentMitigations: 3n,
  };
}

/** Makes evidence, and the verifier that knows its root. Without changes every check passes. */
export function makeSnp(change: SnpChange = {}): { input: EvidenceInput; verifier: EvidenceVerifier } {
  const { product = 'genoa', vlek = false } = change;
  const shape = shapes[product];
  const hardwareId = new Uint8Array(createHash('sha512').update(product).digest()).subarray(0, shape.idBytes);
  const intermediate = vlek ? `SEV-VLEK-${shape.line}` : `SEV-${shape.line}`;
  const names = {
    ark: name(organisation, `ARK-${shape.line}`),
    ask: name(organisation, intermediate),
    vcek: name(organisation, vlek ? 'SEV-VLEK' : 'SEV-VCEK'),
  };
  const dates = { notBefore: at - 100 * day, notAfter: at + 300 * day };
  const chip: ChipFields = {
    productName: shape.name,
    versions: shape.versions,
    ...(vlek ? { providerId: 'CN=cloud.example' } : { hardwareId }),
    ...change.chip,
  };
  const make = (fields: CertificateFields, { signer, ...changes }: CertificateChange = {}, by: Signer) =>
    makeCertificate({ ...fields, ...changes }, signer ?? by);
  const ark = make(
    {
      ...dates,
      serial: Uint8Array.of(1, 0, 0),
      issuer: names.ark,
      subject: names.ark,
      publicKey: publicKeyInfo(rsaKeys.ark),
      extensions: [caConstraints(), keyUsage(0x06)],
    },
    change.ark,
    rsaSigner(rsaKeys.ark),
  );
  const ask = make(
    {
      ...dates,
      serial: Uint8Array.of(1, 0, 1),
      issuer: names.ark,
      subject: names.ask,
      publicKey: publicKeyInfo(rsaKeys.ask),
      extensions: [caConstraints(0), keyUsage(0x04)],
    },
    change.ask,
    rsaSigner(rsaKeys.ark),
  );
  const vcek = make(
    {
      ...dates,
      serial: Uint8Array.of(0),
      issuer: names.ask,
      subject: names.vcek,
      publicKey: publicKeyInfo(vcekKey),
      extensions: chipExtensions(chip),
    },
    change.vcek,
    rsaSigner(rsaKeys.ask),
  );
  const { signer: crlSigner, ...crlChange } = change.crl ?? {};
  const crl = makeCrl(
    { issuer: names.ark, thisUpdate: at - day, nextUpdate: at + 30 * day, ...crlChange },
    crlSigner ?? rsaSigner(rsaKeys.ark),
  );
  const chipId = new Uint8Array(64);
  if (!vlek) chipId.set(hardwareId);
  const fields = { ...reportFields(shape, chipId), ...(vlek ? { keyInfo: 4 } : {}), ...change.report };
  const unsigned = writeReport(fields);
  change.patch?.(unsigned);
  const signed = signReport(unsigned, change.reportKey ?? vcekKey);
  const items = [vcek, ask, ark, crl];
  const { expectedReportData = fields.reportData } = change;
  return {
    input: {
      evidence: change.tamper?.(signed) ?? signed,
      endorsements: change.endorsements?.(items) ?? items,
      policy: parseSnpPolicy(
        { products: ['milan', 'genoa', 'bergamo-siena', 'turin'], ...change.policy },
        'policy',
      ),
      at,
      expectedReportData,
    },
    verifier: createSnpVerifier({
      code: 1,
      type: 'sev-snp',
      vendor: 'test',
      simulated: false,
      roots: { [shape.line]: change.root ?? fingerprint(ark) },
    }),
  };
}

export { organisation, vcekKey };
