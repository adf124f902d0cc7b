/**
 * Frames in web pages. A frame is nobody until it has redeemed a token that our content script asked for in
 * the same tab, once, within seconds: a page that frames composer.html itself never gets one.
 * @module
 */
import { toHex } from '../../protocol/bytes.ts';
import { extensionError } from '../errors.ts';
import type { Caller, FrameRole } from '../sender.ts';
import type { SessionValue } from './session-memory.ts';

type Placed = Extract<Caller, { tabId: number; site: string }>;

/** How long a token waits for its frame, in milliseconds. */
const tokenLife = 20_000;

interface Token {
  readonly token: string;
  readonly role: FrameRole;
  readonly tabId: number;
  readonly site: string;
  readonly issuedAt: number;
}

interface RedeemedFrame {
  readonly role: FrameRole;
  readonly tabId: number;
  readonly frameId: number;
  readonly site: string;
  /** Null in browsers that do not name documents. */
  readonly documentId: string | null;
}

export interface FrameMemory {
  readonly tokens: readonly Token[];
  readonly frames: readonly RedeemedFrame[];
}

export interface Frames {
  /** A token for a frame of that role in the tab of the content script. */
  issue(bridge: Placed, role: FrameRole): Promise<string>;
  redeem(frame: Placed, token: string): Promise<void>;
  isRedeemed(frame: Placed): Promise<boolean>;
  /** The tab shows another document or is gone. */
  forgetTab(tabId: number): Promise<void>;
}

const same = (one: RedeemedFrame, frame: Placed) =>
  one.role === frame.role &&
  one.tabId === frame.tabId &&
  one.frameId === frame.frameId &&
  one.site === frame.site &&
  one.documentId === frame.documentId;

/** Frames over `memory`; `now` in milliseconds. */
export function createFrames(memory: SessionValue<FrameMemory>, now: () => number): Frames {
  const fresh = (tokens: readonly Token[]) => tokens.filter(({ issuedAt }) => now() - issuedAt < tokenLife);
  return {
    issue(bridge, role) {
      const token = toHex(crypto.getRandomValues(new Uint8Array(32)));
      const { tabId, site } = bridge;
      return memory.change(({ tokens, frames }) => [
        // One waiting token a tab and role: a new request replaces the last one.
        {
          tokens: [
            ...fresh(tokens).filter((one) => one.tabId !== tabId || one.role !== role),
            { token, role, tabId, site, issuedAt: now() },
          ],
          frames,
        },
        token,
      ]);
    },
    async redeem(frame, token) {
      const { role, tabId, frameId, site, documentId } = frame;
      if (role === 'bridge') throw extensionError('WAX_EXT_TOKEN');
      const redeemed = await memory.change(({ tokens, frames }) => {
        const match = fresh(tokens).some(
          (one) => one.token === token && one.role === role && one.tabId === tabId && one.site === site,
        );
        const next = match
          ? [
              ...frames.filter((one) => one.tabId !== tabId || one.role !== role),
              { role, tabId, frameId, site, documentId },
            ]
          : frames;
        // Used or wrong, the token is gone.
        return [{ tokens: tokens.filter((one) => one.token !== token), frames: next }, match];
      });
      if (!redeemed) throw extensionError('WAX_EXT_TOKEN');
    },
    async isRedeemed(frame) {
      return (await memory.read()).frames.some((one) => same(one, frame));
    },
    forgetTab(tabId) {
      return memory.change(({ tokens, frames }) => [
        {
          tokens: tokens.filter((one) => one.tabId !== tabId),
          frames: frames.filter((one) => one.tabId !== tabId),
        },
        undefined,
      ]);
    },
  };
}
