/**
 * `npm run zip [-- DIR]`: builds what people install and packs it for both stores, into `dist/store` or DIR. Prints
 * the size of each archive and the hash that an extension release in the log names.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { argv } from 'node:process';
import { hashFiles, listFiles } from '../transparency-log/publish/file-manifest.ts';
import { buildExtension } from './build-extension.ts';
import { zipFolder } from './zip-folder.ts';

const target = resolve(argv[2] ?? 'dist/store');
await mkdir(target, { recursive: true });
for (const browser of ['chrome', 'firefox'] as const) {
  const folder = resolve(await buildExtension('store', browser, join(target, 'unpacked')));
  const { version } = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as {
    version: string;
  };
  const path = join(target, `waxseal-${browser}-${version}.zip`);
  const archive = await zipFolder(folder);
  await writeFile(path, archive);
  console.log(
    `${path}\n  ${(archive.length / 1024).toFixed(0)} KB, manifestSha256 ${hashFiles(await listFiles(folder))}`,
  );
}
