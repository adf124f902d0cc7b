import { describe, expect, it } from 'vitest';
import { checkEnvironment } from '../../enclave-server/environment.ts';

describe('checkEnvironment', () => {
  it('lets an ordinary environment and the one permitted switch pass', () => {
    const ordinary = { PATH: '/bin', HOME: '/root', LANG: 'C', TZ: 'UTC', NODE_CHANNEL_FD: '3' };
    expect(() => checkEnvironment(ordinary, ['--disable-warning=ExperimentalWarning'])).not.toThrow();
  });

  it.each([
    'NODE_OPTIONS',
    'NODE_EXTRA_CA_CERTS',
    'NODE_DEBUG',
    'NODE_V8_COVERAGE',
    'NODE_LLAMA_CPP_GPU',
    'LLAMA_ARG_MODEL',
    'GGML_BACKEND_PATH',
    'HTTPS_PROXY',
    'http_proxy',
    'no_proxy',
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'GLIBC_TUNABLES',
    'SSLKEYLOGFILE',
    'OPENSSL_CONF',
    'OMP_NUM_THREADS',
    'UV_THREADPOOL_SIZE',
  ])('refuses %s and says which it is, not what it holds', (name) => {
    const check = () => checkEnvironment({ PATH: '/bin', [name]: 'secret-value' }, []);
    expect(check).toThrow(`WAX_ENCLAVE_ENVIRONMENT`);
    expect(check).toThrow(name);
    expect(check).not.toThrow('secret-value');
  });

  it.each(['--inspect', '--require=/tmp/x.js', '--import=x', '--disable-warning=Other'])(
    'refuses the switch %s',
    (flag) => {
      expect(() => checkEnvironment({}, [flag])).toThrow('WAX_ENCLAVE_ENVIRONMENT');
    },
  );
});
