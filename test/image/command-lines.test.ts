import { describe, expect, it } from 'vitest';
import { commandLine, platforms, platformsOf } from '../../image/command-lines.ts';
import { requireCommandLine } from '../../protocol/measurement/eif.ts';

describe('the kernel command lines', () => {
  it.each(platforms)(
    'ends the line for %s with a word that means nothing, after the platform',
    (platform) => {
      const line = requireCommandLine(commandLine(platform));
      expect(line.split(' ').slice(-2)).toEqual([`waxseal.platform=${platform}`, 'waxseal.end']);
    },
  );

  it.each(platforms)('locks the kernel down and erases freed memory on %s', (platform) => {
    const words = commandLine(platform).split(' ');
    expect(words).toEqual(expect.arrayContaining(['lockdown=confidentiality', 'init_on_free=1', 'panic=-1']));
  });

  it('tells platforms apart, and has no simulated one in production', () => {
    expect(new Set(platforms.map(commandLine)).size).toBe(platforms.length);
    expect(platformsOf.production).not.toContain('simulated');
    expect(platformsOf.test).toEqual(['simulated']);
  });
});
