import { describe, expect, it } from 'vitest';
import type { Sender } from '../../../../extension/sender.ts';
import { type Here, isBoxOf } from '../../../../extension/session/moving/box-port.ts';

const origin = 'chrome-extension://abcdefghijklmnopabcdefghijklmnop';
const here: Here = { id: 'abcdefghijklmnopabcdefghijklmnop', origin, windowId: 3 };
const tab = { id: 7, windowId: 3, url: 'https://chat.example/c/1' };
const box: Sender = { id: here.id, origin, url: `${origin}/composer.html`, frameId: 4, tab };
const isBox = (change: Partial<Sender>, name = 'move') =>
  isBoxOf({ name, sender: { ...box, ...change } }, here);

describe('the port of a chat that moves', () => {
  it('is that of a sealed box in a page of the panel’s window', () => {
    expect(isBox({})).toBe(true);
  });

  it.each<[string, Partial<Sender>]>([
    ['a content script, which has the address of its page', { url: tab.url, frameId: 0 }],
    ['another page of the extension', { url: `${origin}/service.html` }],
    ['the composer in a tab of its own', { frameId: 0 }],
    ['another extension', { id: 'ponmlkjihgfedcbaponmlkjihgfedcba' }],
    ['another window', { tab: { ...tab, windowId: 4 } }],
    ['no tab', { tab: undefined }],
    ['a page that no box can be on', { tab: { ...tab, url: 'chrome://settings' } }],
    ['a look-alike address', { url: `https://chat.example/?${origin}/composer.html` }],
  ])('is not that of %s', (_what, change) => {
    expect(isBox(change)).toBe(false);
  });

  it('goes by its name', () => {
    expect(isBox({}, 'typing')).toBe(false);
    expect(isBoxOf({ name: 'move' }, here)).toBe(false);
  });
});
