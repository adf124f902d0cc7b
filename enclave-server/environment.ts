/**
 * Refuses to start where something outside the measured files could change what the enclave does. A list of
 * what is dangerous is never complete (loaders, debuggers, engine switches, proxies, conversion modules of the
 * C library, keys written to a file …), so this is the list of what may be there: names that a shell, a
 * service manager or a container sets by itself and that nothing in the server reads.
 * @module
 */
import { enclaveError } from './errors.ts';

const ALLOWED: ReadonlySet<string> = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'PWD', 'OLDPWD', 'SHLVL', '_', 'TERM', 'HOSTNAME', 'LANG'],
  ...['container', 'INVOCATION_ID', 'JOURNAL_STREAM', 'SYSTEMD_EXEC_PID'],
  ...['MEMORY_PRESSURE_WATCH', 'MEMORY_PRESSURE_WRITE'],
  // The channel to a parent process is the one that Node.js sets itself.
  ...['NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE'],
]);

/** The only switches of Node.js itself that the server may be started with. */
const ALLOWED_FLAGS = ['--disable-warning=ExperimentalWarning'];

/**
 * Throws WAX_ENCLAVE_ENVIRONMENT where the kernel would write a core file of this process, which holds whatever is
 * in memory. 1 stands for none as well: with it the kernel does not start a program that takes cores either
 * (fs/coredump.c), which it does at 0.
 * @param limits text of /proc/self/limits; empty where there is no such file
 */
export function checkCoreLimit(limits: string): void {
  const most = /^Max core file size\s+(\S+)/m.exec(limits)?.[1];
  if (most !== undefined && most !== '0' && most !== '1') {
    throw enclaveError('WAX_ENCLAVE_ENVIRONMENT', 'core files are on (ulimit -c)');
  }
}

/** Throws WAX_ENCLAVE_ENVIRONMENT with the names (never the values) of everything that must go. */
export function checkEnvironment(
  environment: Record<string, string | undefined>,
  flags: readonly string[],
): void {
  const names = Object.keys(environment).filter((name) => !ALLOWED.has(name));
  const switches = flags.filter((flag) => !ALLOWED_FLAGS.includes(flag)).map((flag) => flag.split('=')[0]);
  const found = [...names.sort(), ...switches];
  if (found.length > 0) throw enclaveError('WAX_ENCLAVE_ENVIRONMENT', found.join(', '));
}
