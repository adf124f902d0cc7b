/** What a hardware policy accepts beside another one, and what presets are for, in words. */
import type { HardwareChange, HardwareField, HardwareType } from '../../../protocol/hardware-diff.ts';
import { formatList } from '../i18n/format.ts';
import { type PlainKey, t } from '../i18n/messages.ts';

/** The name of a type of evidence: those of makers are the same in every language. */
export function hardwareName(type: HardwareType): string {
  if (type === 'sev-snp') return 'AMD SEV-SNP';
  if (type === 'tdx') return 'Intel TDX';
  return type === 'nitro' ? 'AWS Nitro' : t('simulatorName');
}

const fields: Record<HardwareField, PlainKey> = {
  products: 'hwProducts',
  vlek: 'hwVlek',
  minimumReportVersion: 'hwReportVersion',
  minimumTcb: 'hwTcb',
  provisionalFirmware: 'hwProvisional',
  maskedChip: 'hwMasked',
  minimumFirmware: 'hwFirmware',
  minimumGuestSvn: 'hwGuestSvn',
  requiredMitigations: 'hwMitigations',
  require: 'hwFeatures',
  cxl: 'hwCxl',
  smt: 'hwSmt',
  minimumAbi: 'hwAbi',
  aliasCheck: 'hwAlias',
  vmpl: 'hwVmpl',
  pinned: 'hwPinned',
  deniedHardware: 'hwDenied',
  statuses: 'hwStatuses',
  grace: 'hwGrace',
  relaunchAdvised: 'hwRelaunch',
  advisories: 'hwAdvisories',
  minimumEvaluation: 'hwEvaluation',
  septVeDisable: 'hwSept',
  protectionKeys: 'hwProtectionKeys',
  keyLocker: 'hwKeyLocker',
  performanceMonitoring: 'hwPerformance',
  mrServiceTd: 'hwServiceTd',
  maximumAgeSeconds: 'hwAge',
  clockSkewSeconds: 'hwSkew',
  pcrs: 'hwPcrs',
  publicKey: 'hwPublicKey',
};

/** What one change accepts, as a sentence without its end. */
export function describeAccepted({ field, items }: HardwareChange): string {
  if (field === 'type') return t('hwType');
  const text = t(fields[field]);
  // Ids of machines say nothing to people.
  return items.length === 0 || field === 'deniedHardware' ? text : `${text} (${formatList(items)})`;
}

const presets: { readonly [preset: string]: readonly [name: PlainKey, text: PlainKey] } = {
  strict: ['presetStrict', 'presetStrictText'],
  hardened: ['presetHardened', 'presetHardenedText'],
  'with-milan': ['presetMilan', 'presetMilanText'],
  'with-vlek': ['presetVlek', 'presetVlekText'],
  'without-grace': ['presetNoGrace', 'presetNoGraceText'],
  'with-relaunch': ['presetRelaunch', 'presetRelaunchText'],
};

/** The name of a preset and what it is for; one that is not known here keeps the name it has in files. */
export function describePreset(preset: string): { readonly name: string; readonly text: string } {
  const keys = Object.hasOwn(presets, preset) ? presets[preset] : undefined;
  return keys === undefined ? { name: preset, text: '' } : { name: t(keys[0]), text: t(keys[1]) };
}
