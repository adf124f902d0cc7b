/** Checks of a report against a policy (S3, S4, S6 to S11). Each throws its own reason. */
import { toHex } from '../../bytes.ts';
import type { ChipCertificate } from './chip-certificate.ts';
import { snpError } from './errors.ts';
import { pinnedFields, type SnpPinnedField, type SnpPolicy } from './policy.ts';
import { parseTcb, partsBelow, type SnpProduct, type SnpTcb } from './product.ts';
import { hasBit, keyInfoOf, platformBits, policyBits, type SnpReport, type SnpVersion } from './report.ts';

/** The four TCB versions of a report, split by the product's layout. */
export interface SnpTcbs {
  readonly reported: SnpTcb;
  readonly committed: SnpTcb;
  readonly current: SnpTcb;
  readonly launch: SnpTcb;
}

export function parseTcbs(report: SnpReport, product: SnpProduct): SnpTcbs {
  return {
    reported: parseTcb(product, report.reportedTcb),
    committed: parseTcb(product, report.committedTcb),
    current: parseTcb(product, report.currentTcb),
    launch: parseTcb(product, report.launchTcb),
  };
}

function verifyTcbOrder({ reported, committed, current }: SnpTcbs): void {
  const wrong = [...partsBelow(committed, reported), ...partsBelow(current, committed)];
  if (wrong.length > 0) throw snpError('WAX_SNP_TCB_ORDER', wrong.join(', '));
}

function verifyCommitted({ committed, current }: SnpTcbs, policy: SnpPolicy): void {
  const ahead = partsBelow(committed, current);
  if (!policy.provisionalFirmware && ahead.length > 0)
    throw snpError('WAX_SNP_TCB_PROVISIONAL', ahead.join(', '));
}

function verifyTcbMinimum(tcbs: SnpTcbs, policy: SnpPolicy, product: SnpProduct): void {
  const floor = policy.minimumTcb[product];
  const below = (Object.entries(tcbs) as [string, SnpTcb][]).flatMap(([name, tcb]) =>
    partsBelow(tcb, floor).map((part) => `${name} ${part} ${tcb[part as keyof SnpTcb]}`),
  );
  if (below.length > 0) throw snpError('WAX_SNP_TCB_MINIMUM', `${product}: ${below.join(', ')}`);
}

const inOrder = (version: SnpVersion) => version.major * 65536 + version.minor * 256 + version.build;

function verifyFirmware(report: SnpReport, policy: SnpPolicy): void {
  for (const version of [report.committedFirmware, report.currentFirmware]) {
    if (inOrder(version) < inOrder(policy.minimumFirmware)) {
      throw snpError('WAX_SNP_FIRMWARE', `${version.major}.${version.minor}.${version.build}`);
    }
  }
}

function verifyMitigations(report: SnpReport, policy: SnpPolicy): void {
  const missing = policy.requiredMitigations & ~(report.launchMitigations & report.currentMitigations);
  if (missing !== 0n) throw snpError('WAX_SNP_MITIGATIONS', `0x${missing.toString(16)}`);
}

function verifyFeatures(report: SnpReport, policy: SnpPolicy): void {
  const missing = policy.require.filter((feature) => !hasBit(report.policy, policyBits[feature]));
  if (missing.length > 0) throw snpError('WAX_SNP_POLICY_FEATURE', missing.join(', '));
}

function verifyAbi(report: SnpReport, policy: SnpPolicy): void {
  const major = Number((report.policy >> 8n) & 0xffn);
  const minor = Number(report.policy & 0xffn);
  const { minimumAbi } = policy;
  if (major * 256 + minor < minimumAbi.major * 256 + minimumAbi.minor) {
    throw snpError('WAX_SNP_ABI', `${major}.${minor}`);
  }
}

function verifySmt(report: SnpReport, policy: SnpPolicy): void {
  const allowed = hasBit(report.policy, policyBits.smtAllowed);
  const on = hasBit(report.platformInfo, platformBits.smtEnabled);
  if (on && !allowed) throw snpError('WAX_SNP_SMT', 'against the guest policy');
  if (!policy.smt && (on || allowed)) throw snpError('WAX_SNP_SMT');
}

function verifyPinned(report: SnpReport, policy: SnpPolicy, name: SnpPinnedField): void {
  const wanted = policy.pinned[name];
  if (wanted === null) return;
  // Without AUTHOR_KEY_EN the firmware ignored the author key, whatever the digest says.
  const unused = name === 'authorKeyDigest' && !keyInfoOf(report).authorKeyEnabled;
  if (unused || toHex(report[name]) !== wanted) throw snpError('WAX_SNP_FIELD', name);
}

interface PolicyCheck {
  readonly id: string;
  readonly text: string;
  judge(subject: PolicySubject): void;
}

interface PolicySubject {
  readonly report: SnpReport;
  readonly policy: SnpPolicy;
}

/** Checks that need the report and the policy alone. */
export const reportPolicyChecks: readonly PolicyCheck[] = [
  {
    id: 'S1.minimum-version',
    text: 'The report has a version that is recent enough to say which processor made it.',
    judge({ report, policy }) {
      if (report.version < policy.minimumReportVersion)
        throw snpError('WAX_SNP_VERSION_POLICY', `${report.version}`);
    },
  },
  {
    id: 'S8.firmware',
    text: 'The security processor firmware is not older than required.',
    judge: ({ report, policy }) => verifyFirmware(report, policy),
  },
  {
    id: 'S8.guest-svn',
    text: 'The guest security version is not lower than required.',
    judge({ report, policy }) {
      if (report.guestSvn < policy.minimumGuestSvn) throw snpError('WAX_SNP_GUEST_SVN', `${report.guestSvn}`);
    },
  },
  {
    id: 'S8.mitigations',
    text: 'All required mitigations are in place.',
    judge: ({ report, policy }) => verifyMitigations(report, policy),
  },
  {
    id: 'S9.debug',
    text: 'The host cannot debug the guest.',
    judge({ report }) {
      if (hasBit(report.policy, policyBits.debug)) throw snpError('WAX_SNP_DEBUG');
    },
  },
  {
    id: 'S9.migration',
    text: 'No migration agent can move the guest.',
    judge({ report }) {
      if (hasBit(report.policy, policyBits.migrationAgent)) throw snpError('WAX_SNP_MIGRATION');
    },
  },
  {
    id: 'S9.cxl',
    text: 'The guest is not given memory behind CXL.',
    judge({ report, policy }) {
      if (!policy.cxl && hasBit(report.policy, policyBits.cxlAllowed)) throw snpError('WAX_SNP_CXL');
    },
  },
  {
    id: 'S9.features',
    text: 'The guest policy demands every protection that is required.',
    judge: ({ report, policy }) => verifyFeatures(report, policy),
  },
  {
    id: 'S9.unknown',
    text: 'The guest policy sets no unknown bit.',
    judge({ report }) {
      if (report.policy >> 26n !== 0n) throw snpError('WAX_SNP_POLICY_UNKNOWN');
    },
  },
  {
    id: 'S9.abi',
    text: 'The guest policy demands a firmware interface that is recent enough.',
    judge: ({ report, policy }) => verifyAbi(report, policy),
  },
  {
    id: 'S9.smt',
    text: 'Simultaneous multithreading is off, or allowed.',
    judge: ({ report, policy }) => verifySmt(report, policy),
  },
  {
    id: 'S9.alias-check',
    text: 'The platform completed its check for aliased memory.',
    judge({ report, policy }) {
      if (policy.aliasCheck && !hasBit(report.platformInfo, platformBits.aliasCheckComplete)) {
        throw snpError('WAX_SNP_ALIAS_CHECK');
      }
    },
  },
  {
    id: 'S10',
    text: 'The report comes from the required privilege level of the guest.',
    judge({ report, policy }) {
      if (report.vmpl > 3) throw snpError('WAX_SNP_VMPL', 'asked for by the host');
      if (report.vmpl !== policy.vmpl) throw snpError('WAX_SNP_VMPL', `${report.vmpl}`);
    },
  },
  ...(Object.keys(pinnedFields) as SnpPinnedField[]).map((name) => ({
    id: `S11.${name}`,
    text: `The field ${name} is open or has the required value.`,
    judge: ({ report, policy }: PolicySubject) => verifyPinned(report, policy, name),
  })),
];

/** S3: whether we accept the product at all. */
export function verifyProductAccepted(product: SnpProduct, policy: SnpPolicy): void {
  if (!policy.products.includes(product)) throw snpError('WAX_SNP_PRODUCT_POLICY', product);
}

/** Checks that need the product as well, and with it the layout of TCB versions. */
export const tcbPolicyChecks: readonly {
  readonly id: string;
  readonly text: string;
  judge(tcbs: SnpTcbs, policy: SnpPolicy, product: SnpProduct): void;
}[] = [
  {
    id: 'S7.order',
    text: 'Reported, committed and current firmware versions are in order.',
    judge: verifyTcbOrder,
  },
  {
    id: 'S7.committed',
    text: 'The running firmware is committed: it cannot be rolled back.',
    judge: verifyCommitted,
  },
  {
    id: 'S7.minimum',
    text: 'No firmware version is below the required minimum.',
    judge: verifyTcbMinimum,
  },
];

/** Checks that need the chip's certificate. */
export const chipPolicyChecks: readonly {
  readonly id: string;
  readonly text: string;
  judge(report: SnpReport, policy: SnpPolicy, chip: ChipCertificate): void;
}[] = [
  {
    id: 'S4.vlek',
    text: 'The report is signed by a key of one chip, or provider keys are accepted.',
    judge(_report, policy, chip) {
      if (chip.kind === 'vlek' && !policy.vlek) throw snpError('WAX_SNP_VLEK_POLICY', chip.providerId ?? '');
    },
  },
  {
    id: 'S6.masked',
    text: 'The report says which chip made it.',
    judge(report, policy, chip) {
      const masked =
        keyInfoOf(report).maskChipKey || (chip.kind === 'vcek' && report.chipId.every((byte) => byte === 0));
      if (masked && !policy.maskedChip) throw snpError('WAX_SNP_CHIP_MASKED');
    },
  },
  {
    id: 'S6.denied',
    text: 'The chip is not on the list of refused machines.',
    judge(_report, policy, chip) {
      if (chip.hardwareId && policy.deniedHardware.includes(toHex(chip.hardwareId))) {
        throw snpError('WAX_SNP_CHIP_DENIED');
      }
    },
  },
];
