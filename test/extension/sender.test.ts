import { describe, expect, it } from 'vitest';
import { type Installation, identifySender, type Sender, siteOf } from '../../extension/sender.ts';

const origin = 'chrome-extension://abcdefghijklmnopabcdefghijklmnop';
const installation: Installation = {
  id: 'abcdefghijklmnopabcdefghijklmnop',
  origin,
  isGranted: (site) => site === 'https://chat.example',
};
const tab = { id: 7, windowId: 1, url: 'https://chat.example/c/1' };
const frame: Sender = {
  id: installation.id,
  origin,
  url: `${origin}/composer.html`,
  frameId: 3,
  documentId: 'D',
  tab,
};
const bridge: Sender = {
  id: installation.id,
  origin: 'https://chat.example',
  url: tab.url,
  frameId: 0,
  documentId: 'T',
  tab,
};
const identify = (sender: Sender) => identifySender(sender, installation);

describe('identifySender', () => {
  it('knows a frame in a granted tab, and its site', () => {
    expect(identify(frame)).toEqual({
      role: 'frame',
      tabId: 7,
      frameId: 3,
      site: 'https://chat.example',
      windowId: 1,
      documentId: 'D',
    });
  });

  it('knows the content script of a granted tab', () => {
    expect(identify(bridge)?.role).toBe('bridge');
  });

  it.each(['sidepanel', 'popup', 'options', 'welcome'])('knows the page %s, in a tab and outside', (page) => {
    const sender = { id: installation.id, origin, url: `${origin}/${page}.html#x` };
    expect(identify(sender)).toEqual({ role: page, tabId: null });
    expect(identify({ ...sender, frameId: 0, tab: { id: 4, windowId: 1 } })).toEqual({
      role: page,
      tabId: 4,
    });
  });

  it('refuses another extension', () => {
    expect(identify({ ...frame, id: 'ponmlkjihgfedcbaponmlkjihgfedcba' })).toBeNull();
    expect(identify({ ...frame, id: undefined })).toBeNull();
  });

  it('refuses a frame whose origin the page took away', () => {
    expect(identify({ ...frame, origin: 'null' })).toBeNull();
  });

  it('refuses a frame in a tab that is not granted, or whose address is hidden', () => {
    expect(identify({ ...frame, tab: { ...tab, url: 'https://other.example/' } })).toBeNull();
    expect(identify({ ...frame, tab: { ...tab, url: undefined } })).toBeNull();
    expect(identify({ ...frame, tab: undefined })).toBeNull();
  });

  it('refuses the composer as a page of its own', () => {
    expect(identify({ ...frame, frameId: 0 })).toBeNull();
  });

  it('refuses a page with powers inside another page', () => {
    expect(identify({ ...frame, url: `${origin}/options.html` })).toBeNull();
    expect(identify({ ...frame, url: `${origin}/sidepanel.html` })).toBeNull();
  });

  it('refuses pages it does not know', () => {
    expect(identify({ id: installation.id, origin, url: `${origin}/other.html` })).toBeNull();
    expect(identify({ id: installation.id, origin, url: 'no address' })).toBeNull();
    expect(identify({ id: installation.id, origin })).toBeNull();
  });

  it('refuses a content script in an inner frame, of another origin, or without one', () => {
    expect(identify({ ...bridge, frameId: 2 })).toBeNull();
    expect(identify({ ...bridge, url: 'https://evil.example/' })).toBeNull();
    expect(identify({ ...bridge, origin: 'null' })).toBeNull();
    expect(identify({ ...bridge, origin: 'https://evil.example' })).toBeNull();
  });

  it('does not take a web page for a page of the extension by its path', () => {
    expect(identify({ ...bridge, url: 'https://chat.example/options.html' })?.role).toBe('bridge');
  });
});

describe('siteOf', () => {
  it('takes https and this machine only', () => {
    expect(siteOf('https://chat.example:8443/x?y')).toBe('https://chat.example:8443');
    expect(siteOf('http://127.0.0.1:3000/')).toBe('http://127.0.0.1:3000');
    expect(siteOf('http://chat.example/')).toBeNull();
    expect(siteOf('http://127.0.0.1.example/')).toBeNull();
    expect(siteOf('file:///etc/passwd')).toBeNull();
    expect(siteOf(undefined)).toBeNull();
  });
});
