/** Builds what the end-to-end tests run, once for all of them. */
import { buildForDemo } from '../../../demo/build.ts';

export default async function setup(): Promise<void> {
  await buildForDemo('e2e');
}
