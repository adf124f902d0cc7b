/**
 * Refuses to start where something outside the measured files could change what the enclave does: loaders,
 * debuggers, engine switches, proxies, keys written to a file. A measurement says nothing about those.
 * @module
 */
import { enclaveError } from './errors.ts';

const REFUSED = [
  // The channel to a parent process is the one that Node.js sets itself.
  /^NODE_(?!CHANNEL_)/,
  /^(LD|DYLD)_/,
  /^(GLIBC_TUNABLES|MALLOC_.*|LIBC_FATAL_STDERR_)$/,
  /^(LLAMA|GGML|NODE_LLAMA_CPP|OMP|GOMP|KMP|OPENBLAS|CUDA|VK)_/,
  /^(HTTP|HTTPS|ALL|FTP|NO)_PROXY$/i,
  /^(SSLKEYLOGFILE|SSL_CERT_FILE|SSL_CERT_DIR|OPENSSL_.*)$/,
  /^(UV_.*|V8_.*|ELECTRON_RUN_AS_NODE)$/,
];

/** The only switches of Node.js itself that the server may be started with. */
const ALLOWED_FLAGS = ['--disable-warning=ExperimentalWarning'];

/** Throws WAX_ENCLAVE_ENVIRONMENT with the names (never the values) of everything that must go. */
export function checkEnvironment(
  environment: Record<string, string | undefined>,
  flags: readonly string[],
): void {
  const names = Object.keys(environment).filter((name) => REFUSED.some((pattern) => pattern.test(name)));
  const switches = flags.filter((flag) => !ALLOWED_FLAGS.includes(flag)).map((flag) => flag.split('=')[0]);
  const found = [...names.sort(), ...switches];
  if (found.length > 0) throw enclaveError('WAX_ENCLAVE_ENVIRONMENT', found.join(', '));
}
