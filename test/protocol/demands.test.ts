import { describe, expect, it } from 'vitest';
import { type HardwarePolicy, parseHardwarePolicy } from '../../protocol/attestation/policy.ts';
import { hardwarePresets } from '../../protocol/attestation/presets.ts';
import { demandedHardware, stricterPresets } from '../../protocol/demands.ts';
import { type HardwareType, typeWeaknesses } from '../../protocol/hardware-diff.ts';

const names = (type: HardwareType, hardware: HardwarePolicy) =>
  stricterPresets(type, hardware).map(({ preset }) => preset);
const types = Object.keys(hardwarePresets) as HardwareType[];

describe('the presets that can be demanded beyond a policy', () => {
  it.each([
    ['sev-snp', {}, ['hardened']],
    ['sev-snp', { preset: 'with-milan' }, ['strict', 'hardened']],
    ['sev-snp', { preset: 'hardened' }, []],
    // It pins what no preset pins.
    ['sev-snp', { pinned: { hostData: 'ab'.repeat(32) } }, []],
    ['sev-snp-simulated', {}, ['hardened']],
    ['tdx', {}, ['without-grace']],
    ['tdx', { preset: 'with-relaunch' }, ['strict', 'without-grace']],
    ['nitro', {}, []],
    ['nitro', { maximumAgeSeconds: 3600 }, ['strict']],
  ] as const)('of %s %o are %o', (type, policy, presets) => {
    expect(names(type, parseHardwarePolicy({ [type]: policy }))).toEqual(presets);
  });

  it('never accept what the policy refuses, whichever preset that is made of', () => {
    for (const type of types) {
      for (const preset of Object.keys(hardwarePresets[type])) {
        const hardware = parseHardwarePolicy({ [type]: { preset } });
        for (const name of names(type, hardware)) {
          const demanded = demandedHardware(hardware, { [type]: name });
          expect(typeWeaknesses(type, demanded, hardware), `${type} ${preset} ${name}`).toEqual([]);
          expect(typeWeaknesses(type, hardware, demanded), `${type} ${preset} ${name}`).not.toEqual([]);
        }
      }
    }
  });

  it('are none for hardware that is not accepted at all', () => {
    expect(names('tdx', parseHardwarePolicy({ nitro: {} }))).toEqual([]);
  });

  it('say what they refuse', () => {
    const features = ['raplDisabled', 'ciphertextHiding', 'memAes256Xts', 'singleSocket'];
    expect(stricterPresets('sev-snp', parseHardwarePolicy({ 'sev-snp': {} }))).toEqual([
      {
        type: 'sev-snp',
        preset: 'hardened',
        refuses: [
          { type: 'sev-snp', field: 'require', items: features },
          { type: 'sev-snp', field: 'smt', items: [] },
        ],
      },
    ]);
  });
});

describe('hardware as demanded', () => {
  const hardware = parseHardwarePolicy({ 'sev-snp': {}, tdx: { preset: 'without-grace' } });

  it('is that of the trust domain where nothing is demanded', () => {
    expect(demandedHardware(hardware, {})).toEqual(hardware);
  });

  it('has the preset in the place of the one type it was demanded of', () => {
    const { smt } = demandedHardware(hardware, { 'sev-snp': 'hardened' })['sev-snp'] ?? {};
    expect(smt).toBe(false);
    expect(demandedHardware(hardware, { 'sev-snp': 'hardened' }).tdx).toEqual(hardware.tdx);
  });

  it.each(['strict', 'with-milan', 'no-such-preset'])(
    'counts for nothing where the preset %s does not ask for more',
    (preset) => {
      expect(demandedHardware(hardware, { 'sev-snp': preset })).toEqual({ tdx: hardware.tdx });
    },
  );

  it('gains no type by a demand', () => {
    expect(demandedHardware(hardware, { nitro: 'strict' })).toEqual(hardware);
  });
});
