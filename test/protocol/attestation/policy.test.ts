import { describe, expect, it } from 'vitest';
import { parseHardwarePolicy } from '../../../protocol/attestation/policy.ts';
import { hardwarePresets } from '../../../protocol/attestation/presets.ts';
import type { JsonValue } from '../../../protocol/json.ts';
import { codeOf } from '../../support/attestation/mutations.ts';

describe('hardware policies', () => {
  it('have strict defaults', () => {
    const policy = parseHardwarePolicy({ 'sev-snp': {}, tdx: {}, nitro: {} });
    expect(policy['sev-snp']).toMatchObject({
      type: 'sev-snp',
      products: ['genoa', 'bergamo-siena', 'turin'],
      vlek: false,
      minimumReportVersion: 3,
      provisionalFirmware: false,
      maskedChip: false,
      cxl: false,
      aliasCheck: true,
      vmpl: 0,
    });
    expect(policy.tdx).toMatchObject({ statuses: ['UpToDate'], relaunchAdvised: false, septVeDisable: true });
    expect(policy.nitro).toEqual({
      type: 'nitro',
      maximumAgeSeconds: 300,
      clockSkewSeconds: 60,
      pcrs: {},
      publicKey: false,
    });
    expect(policy['sev-snp-simulated']).toBeUndefined();
  });

  it('take changes one by one and keep the other defaults', () => {
    const policy = parseHardwarePolicy({
      'sev-snp-simulated': {
        minimumTcb: { genoa: { bootloader: 1, tee: 2, snp: 3, microcode: 4 } },
        minimumFirmware: '1.55.39',
        minimumAbi: '0.31',
        requiredMitigations: '00000000000000ff',
        deniedHardware: ['00'.repeat(8), '11'.repeat(64)],
        pinned: { imageId: '22'.repeat(16), hostData: null },
      },
    })['sev-snp-simulated'];
    expect(policy?.type).toBe('sev-snp-simulated');
    expect(policy?.minimumTcb.genoa).toEqual({ fmc: null, bootloader: 1, tee: 2, snp: 3, microcode: 4 });
    expect(policy?.minimumTcb.turin.microcode).toBe(81);
    expect(policy?.minimumFirmware).toEqual({ major: 1, minor: 55, build: 39 });
    expect(policy?.minimumAbi).toEqual({ major: 0, minor: 31 });
    expect(policy?.requiredMitigations).toBe(255n);
    expect(policy?.pinned.imageId).toBe('22'.repeat(16));
    expect(policy?.pinned.hostData).toBeNull();
  });

  it('start from the preset that is named, and take changes to it', () => {
    const named = (preset: string, changes = {}) =>
      parseHardwarePolicy({ 'sev-snp': { preset, ...changes } })['sev-snp'];
    expect(named('strict')).toEqual(parseHardwarePolicy({ 'sev-snp': {} })['sev-snp']);
    expect(named('with-milan')?.products).toContain('milan');
    expect(named('with-milan')?.vlek).toBe(false);
    expect(named('with-vlek')?.vlek).toBe(true);
    expect(named('hardened')).toMatchObject({
      smt: false,
      require: expect.arrayContaining(['ciphertextHiding']),
    });
    expect(named('hardened', { smt: true })?.smt).toBe(true);
    const tdx = (preset: string) => parseHardwarePolicy({ tdx: { preset } }).tdx;
    expect(tdx('strict')?.grace).toBe(true);
    expect(tdx('without-grace')?.grace).toBe(false);
    expect(tdx('with-relaunch')?.relaunchAdvised).toBe(true);
  });

  it.each(Object.entries(hardwarePresets))('parse with every preset of %s', (type, presets) => {
    for (const preset of Object.keys(presets)) {
      expect(Object.keys(parseHardwarePolicy({ [type]: { preset } }))).toEqual([type]);
    }
  });

  const wrong: JsonValue[] = [
    { 'sev-snp': { preset: 'lenient' } },
    { 'sev-snp': { preset: 'toString' } },
    { 'sev-snp': { preset: ['strict'] } },
    { tdx: { preset: 'with-milan' } },
    { tdx: { preset: 'strict', grace: 1 } },
    { nitro: { preset: 'strict', debug: true } },
    { 'sev-snp': { debug: true } },
    { sgx: {} },
    { 'sev-snp': [] },
    { 'sev-snp': { products: ['rome'] } },
    { 'sev-snp': { vmpl: 4 } },
    { 'sev-snp': { minimumReportVersion: 1 } },
    { 'sev-snp': { minimumTcb: { genoa: { bootloader: 1 } } } },
    { 'sev-snp': { minimumTcb: { genoa: { fmc: 1, bootloader: 1, tee: 2, snp: 3, microcode: 4 } } } },
    { 'sev-snp': { minimumTcb: { turin: { bootloader: 1, tee: 2, snp: 3, microcode: 4 } } } },
    { 'sev-snp': { minimumTcb: { turin: { fmc: 256, bootloader: 1, tee: 2, snp: 3, microcode: 4 } } } },
    { 'sev-snp': { minimumFirmware: '1.55' } },
    { 'sev-snp': { minimumFirmware: '1.55.256' } },
    { 'sev-snp': { deniedHardware: ['00'] } },
    { 'sev-snp': { pinned: { measurement: '00'.repeat(48) } } },
    { 'sev-snp': { require: ['smt'] } },
    { 'sev-snp': { requiredMitigations: 'ff' } },
    { 'sev-snp': { vlek: 1 } },
    { tdx: { statuses: ['Revoked'] } },
    { tdx: { advisories: ['CVE-2020-1'] } },
    { tdx: { debug: false } },
    { tdx: { mrServiceTd: '00' } },
    { tdx: { pinned: { mrTd: '00'.repeat(48) } } },
    { nitro: { maximumAgeSeconds: 0 } },
    { nitro: { pcrs: { '8': '00' } } },
    { nitro: { nonce: true } },
  ];

  it.each(wrong.map((value) => [JSON.stringify(value).slice(0, 90), value] as const))(
    'refuse %s',
    (_text, value) => {
      expect(codeOf(() => parseHardwarePolicy(value))).toBe('WAX_JSON_SHAPE');
    },
  );

  it('leave PCR0 to PCR2 to the release', () => {
    for (const index of ['0', '2', '32', '03', 'x']) {
      const value = { nitro: { pcrs: { [index]: '00'.repeat(48) } } };
      expect(codeOf(() => parseHardwarePolicy(value))).toBe('WAX_ATTESTATION_POLICY');
    }
  });
});
