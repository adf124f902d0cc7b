/**
 * Every message between parts of the extension: its form, checked at run time, and who may send it.
 * No message gives a content script (`bridge`) access to trust domains, log state or settings, and none
 * carries a prompt, an answer or a key. Content scripts import the types only.
 * @module
 */
import type { JsonValue } from '../protocol/json.ts';
import {
  readBoolean,
  readInteger,
  readMap,
  readObject,
  readOneOf,
  readOrigin,
  readString,
} from '../protocol/shape.ts';
import type { Grant } from './grants.ts';
import { parseSeen, type SeenRelease } from './seen.ts';
import type { FrameRole, Role } from './sender.ts';
import {
  type Demand,
  hardwareTypes,
  type Preferences,
  parsePreferences,
  readPreset,
  type Settings,
  sealPattern,
} from './settings.ts';

type Empty = Record<never, never>;

/**
 * Why a sealed box was closed: the page took the keyboard, drew over it, took it out, moved it, or is one in which
 * no box can come to life.
 */
const interferences = ['focus', 'cover', 'remove', 'move', 'block'] as const;
export type Interference = (typeof interferences)[number];

/** What a view reports about itself, for the toolbar icon and the popup. */
export interface ViewStatus {
  /** State id and figures as the view shows them; facts only. */
  readonly status: JsonValue;
  readonly checkedAt: number | null;
  readonly report: JsonValue;
}

/** Trust domains as JSON text; whoever uses one parses it again with `parseTrustDomain`. */
export interface TrustReply {
  readonly builtIn: string | null;
  readonly imported: readonly { readonly text: string; readonly importedAt: number }[];
  readonly service: string | null;
  readonly demands: readonly Demand[];
}

/**
 * The log as the background has it: its state as text for `parseLogState`, what is wrong with it (a
 * `LogProblem`, or `{kind: "damaged"}` for a copy that cannot be read), when the log last answered.
 */
export interface LogReply {
  readonly state: string | null;
  readonly problem: JsonValue;
  readonly answeredAt: number | null;
  /** What once showed that the log contradicts itself, whatever it has shown since. */
  readonly evidence: readonly JsonValue[];
}

/** What became of a request that a page wrote; its state as the toolbar would show it. */
export interface RequestNote {
  readonly at: number;
  readonly status: JsonValue;
}

export interface TabReply {
  readonly site: string | null;
  readonly granted: boolean;
  readonly boxOpen: boolean;
  readonly view: ViewStatus | null;
  /** Requests that the page itself wrote, the newest first. */
  readonly requests: readonly RequestNote[];
}

/** Request and reply of each message. */
interface Exchanges {
  'bridge/hello': [Empty, { readonly adapter: boolean }];
  'bridge/token': [{ readonly frame: FrameRole }, { readonly token: string }];
  'bridge/interference': [{ readonly kind: Interference }, Empty];
  'frame/redeem': [
    { readonly token: string },
    { readonly site: string; readonly tabId: number; readonly windowId: number; readonly adapter: boolean },
  ];
  'trust/get': [Empty, TrustReply];
  'trust/import': [{ readonly text: string }, Empty];
  'trust/remove': [{ readonly name: string }, Empty];
  'trust/demand': [Pick<Demand, 'domain' | 'type'> & { readonly preset: string | null }, Empty];
  'log/get': [{ readonly domain: string }, LogReply];
  'log/sync': [{ readonly domain: string }, LogReply];
  'log/restart': [{ readonly domain: string }, LogReply];
  'log/dismiss': [{ readonly domain: string; readonly foundAt: string }, Empty];
  'settings/get': [Empty, Settings];
  'settings/seal': [{ readonly seal: string }, Empty];
  'settings/first-run': [Empty, Empty];
  /** Opens the chain in the panel of a window. */
  'chain/wish': [{ readonly windowId: number }, Empty];
  'chain/take': [{ readonly windowId: number }, { readonly wanted: boolean }];
  'seen/note': [SeenRelease, { readonly last: SeenRelease | null }];
  'settings/preferences': [Preferences, Empty];
  'settings/forget': [Empty, Empty];
  /** What the browser's own theme is, which the background cannot see. */
  'view/theme': [{ readonly theme: 'light' | 'dark' }, Empty];
  'settings/service': [{ readonly service: string }, Empty];
  'view/status': [ViewStatus & { readonly windowId: number }, Empty];
  'tab/get': [{ readonly tabId: number }, TabReply];
  'tab/write': [{ readonly tabId: number }, Empty];
  'grants/list': [Empty, { readonly grants: readonly Grant[] }];
  'grants/add': [{ readonly site: string }, Empty];
  'grants/remove': [{ readonly site: string }, Empty];
  'grants/adapter': [{ readonly site: string; readonly on: boolean }, Empty];
}
export type MessageType = keyof Exchanges;
export type Request<Type extends MessageType> = Exchanges[Type][0];
export type Reply<Type extends MessageType> = Exchanges[Type][1];

/** `new-frame` and `new-service` have not redeemed their token; `frame` and `service` have. */
type Sender = Role | `new-${FrameRole}`;

interface Rule<Type extends MessageType> {
  readonly from: readonly Sender[];
  parse(body: JsonValue): Request<Type>;
}

const empty = (body: JsonValue): Empty => readObject(body, 'body', []);
const token = (body: JsonValue) => ({
  token: readString(readObject(body, 'body', ['token']).token, 'token', { pattern: /^[0-9a-f]{64}$/ }),
});
const domain = (body: JsonValue) => ({
  domain: readString(readObject(body, 'body', ['domain']).domain, 'domain', { most: 64 }),
});
const tab = (body: JsonValue) => ({ tabId: readInteger(readObject(body, 'body', ['tabId']).tabId, 'tabId') });
const windowOf = (body: JsonValue) => ({
  windowId: readInteger(readObject(body, 'body', ['windowId']).windowId, 'windowId'),
});
const site = (body: JsonValue) => ({ site: readOrigin(readObject(body, 'body', ['site']).site, 'site') });

/** More than a trust domain file may hold; its own reader is stricter. */
const trustDomainLimit = 128 * 1024;

const chat = ['sidepanel', 'frame'] as const;
const serving = [...chat, 'service'] as const;
const reading = ['sidepanel', 'frame', 'popup', 'options', 'welcome'] as const;

export const rules: { readonly [Type in MessageType]: Rule<Type> } = {
  'bridge/hello': { from: ['bridge'], parse: empty },
  'bridge/token': {
    from: ['bridge'],
    parse: (body) => ({
      frame: readOneOf(readObject(body, 'body', ['frame']).frame, 'frame', ['frame', 'service']),
    }),
  },
  'bridge/interference': {
    from: ['bridge'],
    parse: (body) => ({ kind: readOneOf(readObject(body, 'body', ['kind']).kind, 'kind', interferences) }),
  },
  'frame/redeem': { from: ['new-frame', 'new-service'], parse: token },
  'trust/get': { from: [...reading, 'service'], parse: empty },
  'trust/import': {
    from: ['options'],
    parse: (body) => ({
      text: readString(readObject(body, 'body', ['text']).text, 'text', { most: trustDomainLimit }),
    }),
  },
  'trust/remove': {
    from: ['options'],
    parse: (body) => ({ name: readString(readObject(body, 'body', ['name']).name, 'name', { most: 64 }) }),
  },
  'trust/demand': {
    from: ['options'],
    parse: (body) => {
      const read = readObject(body, 'body', ['domain', 'type', 'preset']);
      return {
        domain: readString(read.domain, 'domain', { most: 64 }),
        type: readOneOf(read.type, 'type', hardwareTypes),
        preset: read.preset === null ? null : readPreset(read.preset),
      };
    },
  },
  'log/get': { from: [...serving, 'popup', 'options'], parse: domain },
  'log/sync': { from: [...serving, 'popup', 'options'], parse: domain },
  'log/restart': { from: ['sidepanel', 'options'], parse: domain },
  'log/dismiss': {
    from: ['options'],
    parse: (body) => {
      const read = readObject(body, 'body', ['domain', 'foundAt']);
      return {
        domain: readString(read.domain, 'domain', { most: 64 }),
        foundAt: readString(read.foundAt, 'foundAt', { most: 32 }),
      };
    },
  },
  'settings/get': { from: reading, parse: empty },
  'settings/seal': {
    from: ['welcome', 'options'],
    parse: (body) => ({
      seal: readString(readObject(body, 'body', ['seal']).seal, 'seal', { most: 24, pattern: sealPattern }),
    }),
  },
  'settings/first-run': { from: ['welcome'], parse: empty },
  'chain/wish': { from: ['popup'], parse: windowOf },
  'chain/take': { from: ['sidepanel'], parse: windowOf },
  'seen/note': { from: ['sidepanel'], parse: parseSeen },
  'settings/preferences': { from: ['options'], parse: parsePreferences },
  'settings/forget': { from: ['options'], parse: empty },
  'view/theme': {
    from: ['sidepanel', 'popup', 'options', 'welcome'],
    parse: (body) => ({
      theme: readOneOf(readObject(body, 'body', ['theme']).theme, 'theme', ['light', 'dark']),
    }),
  },
  'settings/service': {
    from: ['sidepanel', 'options'],
    parse: (body) => ({ service: readOrigin(readObject(body, 'body', ['service']).service, 'service') }),
  },
  'view/status': {
    from: serving,
    parse: (body) => {
      const read = readObject(body, 'body', ['status', 'checkedAt', 'report', 'windowId']);
      return {
        status: readMap(read.status, 'status'),
        checkedAt: read.checkedAt === null ? null : readInteger(read.checkedAt, 'checkedAt'),
        report: read.report === null ? null : readMap(read.report, 'report'),
        windowId: readInteger(read.windowId, 'windowId'),
      };
    },
  },
  'tab/get': { from: ['popup'], parse: tab },
  'tab/write': { from: ['popup'], parse: tab },
  'grants/list': { from: ['popup', 'options'], parse: empty },
  'grants/add': { from: ['popup', 'welcome'], parse: site },
  'grants/remove': { from: ['popup', 'options'], parse: site },
  'grants/adapter': {
    from: ['options'],
    parse: (body) => {
      const read = readObject(body, 'body', ['site', 'on']);
      return { site: readOrigin(read.site, 'site'), on: readBoolean(read.on, 'on') };
    },
  },
};

/** The type of a message that has come in, or null where there is none of that name. */
export function messageType(message: unknown): MessageType | null {
  if (message === null || typeof message !== 'object' || !('type' in message)) return null;
  const { type } = message;
  return typeof type === 'string' && Object.hasOwn(rules, type) ? (type as MessageType) : null;
}

/** What the background answers: the reply, or the code of the error that it met. */
export type Envelope =
  | { readonly ok: true; readonly reply: JsonValue }
  | { readonly ok: false; readonly code: string };

/** What the background asks of the content script in a tab. */
export type HostCommand = { readonly host: 'open' | 'close' | 'look' };
/** Its answer: whether the document has a box, and if not, what the page did to it. */
export interface HostReply {
  readonly open: boolean;
  readonly closedBy: Interference | null;
}

/** Reads what the content script answered; it runs in a page process, so nothing else is believed. */
export function parseHostReply(value: unknown): HostReply {
  const { open, closedBy } = (value !== null && typeof value === 'object' ? value : {}) as Record<
    string,
    unknown
  >;
  return { open: open === true, closedBy: interferences.find((kind) => kind === closedBy) ?? null };
}

/** What the background says to open panels when a chain was asked for. It carries nothing else. */
export const chainPoke = 'chain';

/** Name of the port that a view holds while it has the keyboard; its end puts the light out. */
export const typingPort = 'typing';
