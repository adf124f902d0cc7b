import { describe, expect, it } from 'vitest';
import { checkCoreLimit, checkEnvironment } from '../../enclave-server/environment.ts';

describe('checkEnvironment', () => {
  it('lets pass what shells, service managers and containers set, and the one permitted switch', () => {
    const ordinary = {
      PATH: '/bin',
      HOME: '/root',
      LANG: 'C.UTF-8',
      INVOCATION_ID: 'x',
      NODE_CHANNEL_FD: '3',
    };
    expect(() => checkEnvironment(ordinary, ['--disable-warning=ExperimentalWarning'])).not.toThrow();
    expect(() => checkEnvironment({}, [])).not.toThrow();
  });

  it.each([
    'NODE_OPTIONS',
    'NODE_EXTRA_CA_CERTS',
    'NODE_DEBUG',
    'NODE_V8_COVERAGE',
    'NODE_LLAMA_CPP_GPU',
    'LLAMA_ARG_MODEL',
    'LLAMA_SERVER_SLOTS_DEBUG',
    'GGML_BACKEND_PATH',
    'CUDA_VISIBLE_DEVICES',
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'ALL_PROXY',
    'http_proxy',
    'no_proxy',
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'LD_AUDIT',
    'GLIBC_TUNABLES',
    'GCONV_PATH',
    'LOCPATH',
    'NLSPATH',
    'HOSTALIASES',
    'RESOLV_HOST_CONF',
    'TZ',
    'TZDIR',
    'TMPDIR',
    'SSLKEYLOGFILE',
    'SSL_CERT_FILE',
    'OPENSSL_CONF',
    'OMP_NUM_THREADS',
    'UV_THREADPOOL_SIZE',
    'A_NAME_THAT_NOBODY_HAS_THOUGHT_OF',
  ])('refuses %s and says which it is, not what it holds', (name) => {
    const check = () => checkEnvironment({ PATH: '/bin', [name]: 'secret-value' }, []);
    expect(check).toThrow(`WAX_ENCLAVE_ENVIRONMENT`);
    expect(check).toThrow(name);
    expect(check).not.toThrow('secret-value');
  });

  it('says all of them at once', () => {
    const check = () => checkEnvironment({ TZ: 'x', GCONV_PATH: 'y' }, ['--inspect=0.0.0.0']);
    expect(check).toThrow('GCONV_PATH, TZ, --inspect');
  });

  it.each(['--inspect', '--require=/tmp/x.js', '--import=x', '--disable-warning=Other'])(
    'refuses the switch %s',
    (flag) => {
      expect(() => checkEnvironment({}, [flag])).toThrow('WAX_ENCLAVE_ENVIRONMENT');
    },
  );
});

describe('checkCoreLimit', () => {
  const limits = (soft: string) => `Limit                     Soft Limit           Hard Limit           Units
Max stack size            8388608              unlimited            bytes
Max core file size        ${soft.padEnd(20)} unlimited            bytes
`;

  it.each(['0', '1'])('lets a limit of %s pass, with which no core is written', (soft) => {
    expect(() => checkCoreLimit(limits(soft))).not.toThrow();
  });

  it.each(['unlimited', '2', '1048576'])('refuses a limit of %s', (soft) => {
    expect(() => checkCoreLimit(limits(soft))).toThrow('WAX_ENCLAVE_ENVIRONMENT');
  });

  it('has nothing to say where the system does not say its limits', () => {
    expect(() => checkCoreLimit('')).not.toThrow();
  });
});
