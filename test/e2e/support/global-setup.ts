/** Builds what the end-to-end tests run, once for all of them. */
import { buildEnclaveBundle } from '../../../scripts/build-enclave.ts';
import { buildExtension } from '../../../scripts/build-extension.ts';

export default async function setup(): Promise<void> {
  await buildEnclaveBundle('development');
  await buildExtension('e2e', 'chrome');
}
