import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { commandLine, platformsOf } from '../../image/command-lines.ts';
import { compileGuest, compileInit } from '../../image/guest.ts';
import { pins } from '../../image/pins.ts';

/** What the compiler here calls itself; empty where there is none. */
function compilerHere(): string {
  try {
    return execFileSync('gcc', ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? '';
  } catch {
    return '';
  }
}
const isPinned = compilerHere() === pins.compiler;
if (!isPinned) console.log(`skipped: the compiler here is not ${pins.compiler}`);

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const contains = (bytes: Uint8Array, text: string) => Buffer.from(bytes).includes(text);

describe.skipIf(!isPinned)('the machine code of the image', () => {
  it('is what is pinned, in both kinds of image', async () => {
    for (const kind of ['production', 'test'] as const) {
      const { init, nsmHelper, confine } = await compileGuest(kind);
      expect(sha256(init)).toBe(pins.compiled[`init-${kind}`]);
      expect(sha256(confine)).toBe(pins.compiled.confine);
      expect(sha256(nsmHelper)).toBe(pins.compiled['nsm-helper']);
    }
  });

  it('has every command line of its kind built in, and only the test image the order to simulate', async () => {
    const [production, test] = [await compileInit('production'), await compileInit('test')];
    for (const platform of platformsOf.production)
      expect(contains(production, commandLine(platform))).toBe(true);
    expect(contains(test, commandLine('simulated'))).toBe(true);
    expect(contains(test, '--simulate')).toBe(true);
    for (const word of ['--simulate', 'simulated']) expect(contains(production, word)).toBe(false);
  });

  it('needs no library, and has no code that can be written to or a stack that can be run', async () => {
    const init = Buffer.from(await compileInit('production'));
    const segments = Array.from({ length: init.readUInt16LE(56) }, (_, index) => {
      const at = Number(init.readBigUInt64LE(32)) + 56 * index;
      return { type: init.readUInt32LE(at), flags: init.readUInt32LE(at + 4) };
    });
    const [load, dynamic, interpreter, stack] = [1, 2, 3, 0x6474e551];
    expect(segments.some(({ type }) => type === dynamic || type === interpreter)).toBe(false);
    // Executable is 1, writable 2.
    expect(segments.filter(({ type }) => type === load).every(({ flags }) => (flags & 3) !== 3)).toBe(true);
    expect(segments.find(({ type }) => type === stack)?.flags).toBe(6);
  });
});
