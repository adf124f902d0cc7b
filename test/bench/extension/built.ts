/** Copies of the built extension with a script of the benchmark's in one of its pages. */
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildBrowser, buildExtension } from '../../../scripts/build-extension.ts';

export interface MeasuredBuild {
  readonly browser: BuildBrowser;
  /** Text of the trust domain. */
  readonly domain: string;
  /** Script by the name of the page that it goes into, after the page's own. */
  readonly scripts: Readonly<Record<string, string>>;
}

/** Builds into a folder below `scratch` and returns it. */
export async function buildMeasured(scratch: string, build: MeasuredBuild): Promise<string> {
  const folder = await buildExtension('e2e', build.browser, scratch);
  await writeFile(join(folder, 'waxseal-domain.json'), build.domain);
  for (const [page, script] of Object.entries(build.scripts)) {
    await writeFile(join(folder, `measure-${page}.js`), script);
    await appendFile(
      join(folder, `${page}.html`),
      `<script type="module" src="/measure-${page}.js"></script>`,
    );
  }
  return folder;
}
