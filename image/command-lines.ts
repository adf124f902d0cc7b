/**
 * The kernel command lines that an image is built for. `guest/init.c` has them built in and starts with no
 * other, and the measurement of a platform covers the one for it.
 */

import { LAST_WORD } from '../protocol/measurement/nitro.ts';

export const platforms = ['sev-snp', 'tdx', 'nitro', 'simulated'] as const;
export type Platform = (typeof platforms)[number];

/** What an image is for: machines with hardware reports, or trying it out where there is none. */
export type ImageKind = 'production' | 'test';

/** Platforms that an image of that kind starts on; a production image has no way to simulate. */
export const platformsOf: Record<ImageKind, readonly Platform[]> = {
  production: ['sev-snp', 'tdx', 'nitro'],
  test: ['simulated'],
};

const everywhere = [
  'console=ttyS0',
  'quiet',
  // A machine in doubt is a machine that is off.
  'panic=-1',
  // What a process frees is erased: also the memory of an engine that has ended.
  'init_on_free=1',
  'lockdown=confidentiality',
  'module.sig_enforce=1',
];

// What the hypervisor of Nitro has no devices for would be waited for at every start.
const nitro = ['reboot=k', 'pci=off', 'i8042.noaux', 'i8042.nomux', 'i8042.nopnp', 'i8042.dumbkbd'];

/**
 * The line for a platform. Its last word means nothing: bytes that were moved from the archive to the end of the
 * line, where a measurement does not see the border, cannot become part of a word that does.
 */
export function commandLine(platform: Platform): string {
  const own = platform === 'nitro' ? nitro : [];
  return [...everywhere, ...own, `waxseal.platform=${platform}`, LAST_WORD].join(' ');
}
