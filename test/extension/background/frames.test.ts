import { beforeEach, describe, expect, it } from 'vitest';
import { createFrames, type FrameMemory, type Frames } from '../../../extension/background/frames.ts';
import type { SessionValue } from '../../../extension/background/session-memory.ts';
import { memoryValue } from '../../support/extension-memory.ts';

const bridge = {
  role: 'bridge',
  tabId: 7,
  frameId: 0,
  site: 'https://chat.example',
  windowId: 1,
  documentId: 'T',
} as const;
const frame = { ...bridge, role: 'frame', frameId: 3, documentId: 'D' } as const;

let at: number;
let memory: SessionValue<FrameMemory>;
let frames: Frames;
beforeEach(() => {
  at = 1_000;
  memory = memoryValue<FrameMemory>({ tokens: [], frames: [] });
  frames = createFrames(memory, () => at);
});
const refused = { code: 'WAX_EXT_TOKEN' };

describe('frame tokens', () => {
  it('make a frame of the same tab a redeemed one', async () => {
    await expect(frames.isRedeemed(frame)).resolves.toBe(false);
    await frames.redeem(frame, await frames.issue(bridge, 'frame'));
    await expect(frames.isRedeemed(frame)).resolves.toBe(true);
  });

  it('survive a background that slept in between', async () => {
    const token = await frames.issue(bridge, 'frame');
    await createFrames(memory, () => at).redeem(frame, token);
    await expect(frames.isRedeemed(frame)).resolves.toBe(true);
  });

  it('work once', async () => {
    const token = await frames.issue(bridge, 'frame');
    await frames.redeem(frame, token);
    await expect(frames.redeem({ ...frame, frameId: 4 }, token)).rejects.toMatchObject(refused);
  });

  it('are spent by a wrong use too', async () => {
    const token = await frames.issue(bridge, 'frame');
    await expect(frames.redeem({ ...frame, tabId: 8 }, token)).rejects.toMatchObject(refused);
    await expect(frames.redeem(frame, token)).rejects.toMatchObject(refused);
  });

  it('are for one site', async () => {
    const token = await frames.issue(bridge, 'frame');
    await expect(frames.redeem({ ...frame, site: 'https://evil.example' }, token)).rejects.toMatchObject(
      refused,
    );
  });

  it('end after twenty seconds', async () => {
    const token = await frames.issue(bridge, 'frame');
    at += 20_000;
    await expect(frames.redeem(frame, token)).rejects.toMatchObject(refused);
  });

  it('are replaced by the next one of the tab', async () => {
    const first = await frames.issue(bridge, 'frame');
    await frames.issue(bridge, 'frame');
    await expect(frames.redeem(frame, first)).rejects.toMatchObject(refused);
  });

  it('are not guessed', async () => {
    await frames.issue(bridge, 'frame');
    await expect(frames.redeem(frame, '0'.repeat(64))).rejects.toMatchObject(refused);
  });
});

describe('redeemed frames', () => {
  it.each([
    ['document', { documentId: 'E' }],
    ['frame', { frameId: 4 }],
    ['tab', { tabId: 8 }],
    ['site', { site: 'https://other.example' }],
  ])('are not another %s', async (_what, change) => {
    await frames.redeem(frame, await frames.issue(bridge, 'frame'));
    await expect(frames.isRedeemed({ ...frame, ...change })).resolves.toBe(false);
  });

  it('are one per tab, and none after the tab has gone', async () => {
    await frames.redeem(frame, await frames.issue(bridge, 'frame'));
    await frames.redeem({ ...frame, frameId: 9 }, await frames.issue(bridge, 'frame'));
    await expect(frames.isRedeemed(frame)).resolves.toBe(false);
    await frames.forgetTab(7);
    await expect(frames.isRedeemed({ ...frame, frameId: 9 })).resolves.toBe(false);
  });
});
