import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { nativeHashes } from '../../bin/native-hashes.ts';
import { measurementsOf, measureShape } from '../../protocol/measurement/image.ts';
import { parseShapes } from '../../protocol/measurement/shapes.ts';
import { makeImage, shapes, shapesFile, writeImage } from '../support/measurement/image.ts';

const script = fileURLToPath(new URL('measure.py', import.meta.url));
const available = spawnSync('python3', ['--version']).status === 0;
if (!available) process.stderr.write('skipped: python3 is not installed\n');

describe.skipIf(!available)('the measurements in Python', () => {
  const [snp, tdx, nitro] = shapes;
  const GIB = 2 ** 30;
  const machines: [what: string, list: Parameters<typeof measureShape>[0][]][] = [
    ['one of each platform', [snp, tdx, nitro]],
    [
      'many processors, of two types',
      [
        { ...snp, vcpus: 1 },
        { ...snp, shape: 'Milan', vcpuType: 'EPYC-Milan', vcpus: 64, guestFeatures: 0x21 },
      ],
    ],
    [
      'memory around the gap for devices, in both orders of pages',
      [2 * GIB, 2.75 * GIB, 64 * GIB].map((memoryBytes, index) => ({
        ...{ ...tdx, memoryBytes, shape: `${memoryBytes}` },
        pageOrder: index === 0 ? ('two-pass' as const) : tdx.pageOrder,
      })),
    ],
  ];
  it.each(machines)('are ours, for %s', async (_what, list) => {
    const folder = await mkdtemp(join(tmpdir(), 'waxseal-measure-'));
    try {
      const [image, text] = [makeImage(), shapesFile(list)];
      await writeImage(folder, image, text);
      const { stdout } = await promisify(execFile)('python3', [script, folder]);
      const own = parseShapes(text).map((shape) => measureShape(shape, image, nativeHashes));
      expect(JSON.parse(stdout)).toEqual(measurementsOf(own));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
