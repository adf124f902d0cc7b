import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters: ['default'],
    // Native X-Wing is experimental in this Node.js; the self-test at start judges it, not a warning.
    execArgv: ['--disable-warning=ExperimentalWarning'],
  },
});
