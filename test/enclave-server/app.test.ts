import { describe, expect, it, vi } from 'vitest';
import { sessionError } from '../../protocol/session/errors.ts';

const selfTest = vi.hoisted(() => vi.fn<() => Promise<void>>());
vi.mock('../../protocol/session/hpke.ts', async (original) => ({
  ...(await original<typeof import('../../protocol/session/hpke.ts')>()),
  selfTestNativeHpke: selfTest,
}));

const { startEnclave } = await import('../support/enclave.ts');

describe('buildEnclave', () => {
  it('does not start without a native X-Wing that passes its self-test', async () => {
    selfTest.mockRejectedValue(sessionError('WAX_SESSION_NATIVE_HPKE', 'not supported'));
    await expect(startEnclave()).rejects.toThrow('WAX_ENCLAVE_HPKE');
    selfTest.mockResolvedValue();
    const { app } = await startEnclave();
    await app.close();
  });
});
