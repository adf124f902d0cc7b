/** How the extension keeps up with a log, in real browsers: what it asks for, and what it knows then. */
import { describe, expect, it } from 'vitest';
import { answering, describeInBrowsers, startDrivenWorld } from '../support/driven-world.ts';

describe('the log, as the extension follows it', { timeout: 120_000 }, () => {
  describeInBrowsers('a log that grew', (browser) => {
    it('is asked for the end of its newest bundle only, and the new entries count', async () => {
      const { world, driver, close } = await startDrivenWorld(browser, answering('Hello'));
      const sync = async () => {
        const before = world.asked.length;
        const { ok, reply } = await driver.ask('options', 'log/sync', { domain: 'Test domain' });
        expect(ok).toBe(true);
        const { state, problem } = reply as { state: string; problem: unknown };
        expect(problem).toBeNull();
        const { ledger } = JSON.parse(state.slice(state.indexOf('\n') + 1));
        return { ledger, asked: world.asked.slice(before) };
      };
      try {
        await sync();
        await world.log.release({ version: 2 });
        await world.log.revoke(world.release);
        await world.log.publish({ at: Date.now() });
        const { ledger, asked } = await sync();
        expect(asked).toEqual([
          { path: 'checkpoint', range: null, status: 200 },
          { path: 'tile/entries/000.p/4', range: expect.stringMatching(/^bytes=\d{3,}-$/), status: 206 },
        ]);
        expect(ledger.size).toBe(4);
        expect(ledger.approvals[0].takenBack).toMatchObject({ action: 'revoke', index: 3 });
      } finally {
        await close();
      }
    });
  });
});
