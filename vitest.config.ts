import { defineConfig } from 'vitest/config';

const shared = {
  testTimeout: 30_000,
  hookTimeout: 120_000,
  // Real browsers, processes and clocks: one more try in CI, where nobody is there to look at a window that was slow.
  retry: process.env.CI === undefined ? 0 : 1,
  // Native X-Wing is experimental in this Node.js; the self-test at start judges it, not a warning.
  execArgv: ['--disable-warning=ExperimentalWarning'],
};

const e2e = { ...shared, globalSetup: 'test/e2e/support/global-setup.ts', testTimeout: 120_000 };

/** Tables that are walked in whole browsers, and guides in whole stacks: minutes each, so they run apart. */
const wide = [
  'test/docs/enclave-guide.test.ts',
  'test/docs/rehearsal.test.ts',
  'test/e2e/fetch-adapter.test.ts',
  'test/e2e/hostile-pages.test.ts',
  'test/e2e/keyboard.test.ts',
  'test/e2e/moving.test.ts',
  'test/e2e/provider.test.ts',
  'test/e2e/recovery.test.ts',
  'test/enclave-server/deploy/chat.test.ts',
  'test/enclave-server/deploy/proxy.test.ts',
  'test/enclave-server/engine/containment.test.ts',
  'test/extension/firefox-chat.test.ts',
  'test/extension/history.test.ts',
  'test/extension/page/host.test.ts',
  'test/extension/private-window.test.ts',
  'test/extension/trust.test.ts',
  'test/extension/ui/gallery.test.ts',
  'test/extension/ui/looks.test.ts',
  'test/protocol/attestation/engines.test.ts',
  'test/transparency-log/explorer.test.ts',
  'test/transparency-log/hostile-witnesses.test.ts',
  'test/transparency-log/readers.test.ts',
];

/** Images built and guests started; needs Debian's packages, and QEMU 9 or newer to start them. */
const image = ['test/image/build.test.ts', 'test/image/boot.test.ts'];

export default defineConfig({
  test: {
    reporters: ['default'],
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          // What others made brings tests of its own.
          exclude: ['test/e2e/**', 'test/peers/**', ...wide, ...image],
        },
      },
      { test: { ...e2e, name: 'e2e', include: ['test/e2e/**/*.test.ts'], exclude: wide } },
      { test: { ...e2e, name: 'wide', include: wide } },
      { test: { ...shared, name: 'image', include: image } },
    ],
  },
});
