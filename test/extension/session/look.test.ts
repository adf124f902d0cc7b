import { afterEach, expect, it, vi } from 'vitest';
import { syncLog } from '../../../extension/session/log-client.ts';
import { createLook } from '../../../extension/session/look.ts';
import { formatLogState } from '../../../protocol/log/state.ts';
import { HOUR, LogBuilder, MINUTE, START } from '../../support/log-builder.ts';

const asked: string[] = [];
const replies: Record<string, unknown> = {};
vi.mock('../../../extension/ask.ts', () => ({
  ask: async (type: string) => {
    asked.push(type);
    return replies[type];
  },
}));
// The build says which evidence counts; nothing is verified here.
vi.mock('../../../extension/session/verifiers.ts', () => ({ verifiers: [] }));
afterEach(() => vi.restoreAllMocks());

it.each([
  ['a fresh answer serves', 5 * MINUTE, false],
  ['an old one does not', 16 * MINUTE, true],
  ['one that lies ahead, since the clock was set back, does not', -HOUR, true],
])('asks the log again when its age says so: %s', async (_name, age, again) => {
  const log = await LogBuilder.create();
  await log.release();
  await log.publish({ at: START + HOUR });
  const domain = log.domain();
  const { state } = await syncLog({ domain, state: null, fetch: log.fetch, now: () => log.now });
  const now = START + 2 * HOUR;
  vi.spyOn(Date, 'now').mockReturnValue(now);
  const held = { state: formatLogState(state), problem: null, answeredAt: now - age };
  Object.assign(replies, {
    'trust/get': { builtIn: JSON.stringify(log.domainFile()), imported: [], service: null, demands: [] },
    'log/get': held,
    'log/sync': held,
  });
  asked.length = 0;
  const [enclave] = domain.enclaves;
  await createLook({ service: enclave?.service ?? '', onLog: () => {} })({ leastSize: 0 });
  expect(asked.includes('log/sync')).toBe(again);
});
