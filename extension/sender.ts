/**
 * Who sent a message. Everything is judged by what the browser says about the sender, never by the message:
 * a compromised page process can write any message, but it cannot choose its address.
 * @module
 */

/** What the background looks at; a part of the browser's `MessageSender`. */
export interface Sender {
  readonly id?: string | undefined;
  readonly url?: string | undefined;
  readonly origin?: string | undefined;
  readonly frameId?: number | undefined;
  readonly documentId?: string | undefined;
  readonly tab?:
    | {
        readonly id?: number | undefined;
        readonly url?: string | undefined;
        readonly windowId?: number | undefined;
      }
    | undefined;
}

/** Pages of the extension that stand on their own, in a tab, a panel or the popup. */
const pages = ['sidepanel', 'popup', 'options', 'welcome'] as const;
type Page = (typeof pages)[number];

/** Pages of the extension that live in frames of granted tabs. */
const framePages = { '/composer.html': 'frame', '/service.html': 'service' } as const;
export type FrameRole = (typeof framePages)[keyof typeof framePages];

function frameRole(path: string): FrameRole | null {
  return Object.hasOwn(framePages, path) ? framePages[path as keyof typeof framePages] : null;
}

/**
 * `bridge`: our content script in the top document of a granted tab. `frame`: composer.html inside a granted
 * tab; it counts as one before its token is redeemed, and only then may do more than redeem. `service`: the same
 * for service.html, which verifies and seals for the page's own requests.
 */
export type Caller =
  | { readonly role: Page; readonly tabId: number | null }
  | {
      readonly role: 'bridge' | FrameRole;
      readonly tabId: number;
      readonly frameId: number;
      readonly site: string;
      readonly windowId: number;
      readonly documentId: string | null;
    };
export type Role = Caller['role'];

/** What the caller of `identifySender` knows about this installation. */
export interface Installation {
  /** `runtime.id`. */
  readonly id: string;
  /** `runtime.getURL('')` without the slash at the end. */
  readonly origin: string;
  isGranted(site: string): boolean;
}

function parseUrl(text: string | undefined): URL | null {
  return text === undefined ? null : URL.parse(text);
}

/** Origin of a page that may hold a frame: https, or http on this machine. */
export function siteOf(url: string | undefined): string | null {
  const parsed = parseUrl(url);
  if (parsed === null) return null;
  const local = parsed.protocol === 'http:' && ['127.0.0.1', 'localhost'].includes(parsed.hostname);
  return parsed.protocol === 'https:' || local ? parsed.origin : null;
}

/** The caller behind a message, or null for one that nobody should answer. */
export function identifySender(sender: Sender, installation: Installation): Caller | null {
  if (sender.id !== installation.id) return null;
  const url = parseUrl(sender.url);
  if (url === null) return null;
  // Extension addresses have no origin for `URL` in every engine: compare scheme and host.
  const own = `${url.protocol}//${url.host}` === installation.origin;
  if (own && sender.origin !== undefined && sender.origin !== installation.origin) return null;
  const framed = own ? frameRole(url.pathname) : null;
  if (own && framed === null) {
    const page = pages.find((name) => url.pathname === `/${name}.html`);
    const inFrame = sender.tab !== undefined && sender.frameId !== 0;
    return page === undefined || inFrame ? null : { role: page, tabId: sender.tab?.id ?? null };
  }
  const site = siteOf(sender.tab?.url);
  const { id: tabId, windowId } = sender.tab ?? {};
  const { frameId } = sender;
  if (site === null || tabId === undefined || windowId === undefined || frameId === undefined) return null;
  if (!installation.isGranted(site)) return null;
  const place = { tabId, frameId, site, windowId, documentId: sender.documentId ?? null };
  if (framed !== null) return frameId === 0 ? null : { role: framed, ...place };
  // A document that the tab address does not speak for (sandboxed, or an inner frame) is not the granted site.
  const isTop = frameId === 0 && url.origin === site && (sender.origin ?? site) === site;
  return isTop ? { role: 'bridge', ...place } : null;
}
