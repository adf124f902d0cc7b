import { describe, expect, it } from 'vitest';
import { answer, type Handlers } from '../../../extension/background/router.ts';
import { extensionError } from '../../../extension/errors.ts';
import { type MessageType, rules } from '../../../extension/messaging.ts';
import type { Caller, Role } from '../../../extension/sender.ts';

const place = { tabId: 7, frameId: 0, site: 'https://chat.example', windowId: 1, documentId: null };
const callers: Record<Role, Caller> = {
  bridge: { role: 'bridge', ...place },
  frame: { role: 'frame', ...place, frameId: 3 },
  service: { role: 'service', ...place, frameId: 4 },
  sidepanel: { role: 'sidepanel', tabId: null },
  popup: { role: 'popup', tabId: null },
  options: { role: 'options', tabId: 2 },
  welcome: { role: 'welcome', tabId: 2 },
};
const types = Object.keys(rules) as MessageType[];
const wellFormed: Record<MessageType, unknown> = {
  'bridge/hello': {},
  'bridge/token': { frame: 'frame' },
  'bridge/interference': { kind: 'cover' },
  'frame/redeem': { token: 'a'.repeat(64) },
  'trust/get': {},
  'trust/import': { text: '{}' },
  'trust/remove': { name: 'Fernhill' },
  'trust/demand': { domain: 'Waxseal', type: 'tdx', preset: null },
  'log/get': { domain: 'Waxseal' },
  'log/sync': { domain: 'Waxseal' },
  'log/restart': { domain: 'Waxseal' },
  'log/dismiss': { domain: 'Waxseal', foundAt: '2026-11-22T14:02:00.000Z' },
  'settings/get': {},
  'settings/seal': { seal: 'AAAAAAAAAAAAAAAAAAAAAA==' },
  'settings/first-run': {},
  'chain/wish': { windowId: 1 },
  'chain/take': { windowId: 1 },
  'seen/note': {
    service: 'https://chat.example',
    version: 1,
    index: 2,
    statementSha256: 'ab'.repeat(32),
    publishers: ['P'],
    at: 3,
  },
  'settings/forget': {},
  'view/theme': { theme: 'dark' },
  'settings/preferences': { theme: 'dark', language: 'de', mode: 'block' },
  'settings/service': { service: 'https://chat.example' },
  'view/status': { status: { id: 'sealed' }, checkedAt: 1, report: null, windowId: 1 },
  'tab/get': { tabId: 1 },
  'tab/write': { tabId: 1 },
  'grants/list': {},
  'grants/add': { site: 'https://chat.example' },
  'grants/remove': { site: 'https://chat.example' },
  'grants/adapter': { site: 'https://chat.example', on: true },
};

/** Handlers that answer with the name of the message they got. */
const handlers = Object.fromEntries(
  types.map((type) => [type, async () => ({ type })]),
) as unknown as Handlers;
const send = (type: string, body: unknown, caller: Caller | null, redeemed = true) =>
  answer({ type, body }, caller, async () => redeemed, handlers);
const refusal = { ok: false, code: 'WAX_EXT_SENDER' };

describe('answer', () => {
  it.each(types)('lets %s in from the callers it names, and from nobody else', async (type) => {
    for (const [role, caller] of Object.entries(callers)) {
      const envelope = await send(type, wellFormed[type], caller);
      const allowed = rules[type].from.some((name) => name === role);
      expect(envelope, role).toEqual(allowed ? { ok: true, reply: { type } } : refusal);
    }
    expect(await send(type, wellFormed[type], null)).toEqual(refusal);
  });

  it('gives content scripts a token and an ear for interference, and nothing else', () => {
    const open = types.filter((type) => rules[type].from.includes('bridge'));
    expect(open).toEqual(['bridge/hello', 'bridge/token', 'bridge/interference']);
  });

  it('gives a frame without a redeemed token the redeeming of one, and nothing else', async () => {
    for (const type of types) {
      for (const caller of [callers.frame, callers.service]) {
        const envelope = await send(type, wellFormed[type], caller, false);
        expect(envelope.ok, type).toBe(type === 'frame/redeem');
      }
    }
  });

  it('gives frames in pages no say over trust, grants or settings', () => {
    const open = types.filter((type) => rules[type].from.includes('frame'));
    expect(open).toEqual(['trust/get', 'log/get', 'log/sync', 'settings/get', 'view/status']);
    const serving = types.filter((type) => rules[type].from.includes('service'));
    expect(serving).toEqual(['trust/get', 'log/get', 'log/sync', 'view/status']);
  });

  it.each([
    ['trust/import', { text: 5 }],
    ['trust/import', { text: '{}', more: 1 }],
    ['trust/remove', {}],
    ['trust/demand', { domain: 'Waxseal', type: 'sgx', preset: null }],
    ['trust/demand', { domain: 'Waxseal', type: 'tdx', preset: { smt: true } }],
    ['grants/remove', { site: 'https://chat.example/path' }],
    ['settings/preferences', { theme: 'pink', language: null, mode: 'steady' }],
    ['settings/preferences', { theme: 'dark', language: 'xx', mode: 'steady' }],
    ['settings/seal', { seal: 'short' }],
    ['settings/service', { service: 'http://chat.example' }],
  ])('refuses a malformed %s', async (type, body) => {
    expect(await send(type, body, callers.options)).toEqual({ ok: false, code: 'WAX_JSON_SHAPE' });
  });

  it.each([[undefined], [null], ['trust/get'], [{ type: 'constructor' }], [{ type: 5 }], [{}]])(
    'refuses what is no message: %j',
    async (message) => {
      const envelope = await answer(message, callers.options, async () => true, handlers);
      expect(envelope).toEqual({ ok: false, code: 'WAX_EXT_MESSAGE' });
    },
  );

  it('tells the code of an error, and never more of it', async () => {
    const failing = (error: unknown): Handlers => ({ ...handlers, 'trust/get': () => Promise.reject(error) });
    const ask = (error: unknown) =>
      answer({ type: 'trust/get', body: {} }, callers.options, async () => true, failing(error));
    expect(await ask(extensionError('WAX_STORE_CORRUPT', 'secret'))).toEqual({
      ok: false,
      code: 'WAX_STORE_CORRUPT',
    });
    expect(await ask(new Error('secret'))).toEqual({ ok: false, code: 'WAX_EXT_REFUSED' });
  });
});
