/**
 * Holds the sealed box in a page that may not want it there. The page is expected to move it, hide it, draw
 * over it, take it out, or take the keyboard from it: each is undone a few times at most, then the box closes
 * and says why. Nothing in here can read what is typed.
 * @module
 */
import type { Interference } from '../messaging.ts';
import { findAnchor, isAnchor } from './anchors.ts';
import { buildCarrier, zoomAround } from './element.ts';
import { placeBox } from './placement.ts';
import { type FrameMessage, type Handover, type HostMessage, parseFrameMessage } from './port.ts';
import { mayBeUnder } from './top-layer.ts';

/** Pause between two looks at the page, in milliseconds. */
const lookPause = 300;
/** As many repairs within `fightSpan` are put down to chance; one more is a fight. */
const patience = 4;
const fightSpan = 5_000;
/** A page that takes the keyboard this soon after a key may have caught letters meant for the box. */
const stealSpan = 2_000;
/** A click or a Tab this recent explains why the keyboard moved. */
const gestureSpan = 500;
/** How long a frame may take to redeem its token and speak; one that does not will stay empty. */
const birthSpan = 20_000;
/** Looks at the page between two searches of its whole tree for what else lies in the top layer. */
const searchEvery = 3;

export interface HostOptions {
  /** Address of composer.html, and the origin that it ends up with. */
  readonly address: string;
  readonly origin: string;
  /** One-time token for the frame; null where the background refuses one. */
  token(): Promise<string | null>;
  onInterference(what: Interference): void;
  onClose(): void;
}

export interface Host {
  focus(): void;
  close(): void;
}

/** Puts the box into the page and keeps it there until it is closed, by either side. */
export function openHost(options: HostOptions): Host {
  const { element, frame, restore } = buildCarrier(options.address);
  const stopped = new AbortController();
  const { signal } = stopped;
  let port: MessagePort | null = null;
  let layout = { open: false, height: 0 };
  let anchor = findAnchor();
  let repairs: number[] = [];
  let interfered = false;
  let alive = false;
  let wantsKeyboard = false;
  let birth: ReturnType<typeof setTimeout> | undefined;
  let looks = 0;
  let gestureAt = Number.NEGATIVE_INFINITY;

  const tell = (message: HostMessage) => port?.postMessage(message);
  const close = () => {
    if (signal.aborted) return;
    stopped.abort();
    port?.close();
    element.remove();
    options.onClose();
  };
  const interfere = (what: Interference) => {
    if (interfered || signal.aborted) return;
    interfered = true;
    options.onInterference(what);
    // The frame shows the reason and takes no more keys. Out of the document, or before its time, it cannot.
    if (element.isConnected && alive) tell({ kind: 'interference', what });
    else close();
  };
  const fought = (what: Interference) => {
    const now = performance.now();
    repairs = [...repairs.filter((at) => now - at < fightSpan), now];
    if (repairs.length <= patience) return false;
    interfere(what);
    close();
    return true;
  };
  const place = () => {
    // Without the scroll bar, which innerWidth counts in.
    const width = Math.min(innerWidth, document.documentElement.clientWidth * zoomAround(element));
    const viewport = { width, height: innerHeight };
    const changed = restore(placeBox(viewport, anchor?.getBoundingClientRect() ?? null, layout));
    if (element.isConnected && !element.matches(':popover-open')) element.showPopover();
    guard.takeRecords();
    return changed;
  };
  const raise = () => {
    element.hidePopover();
    place();
  };
  const guard = new MutationObserver(() => {
    if (signal.aborted) return;
    if (!element.isConnected) return interfere('remove');
    if (place()) fought('move');
  });

  const isCovered = () => {
    const { left, top, width, height } = element.getBoundingClientRect();
    const points = [0.1, 0.5, 0.9].flatMap((x) =>
      [0.15, 0.5, 0.85].map((y) => [left + x * width, top + y * height]),
    );
    return points.some(([x = 0, y = 0]) => document.elementFromPoint(x, y) !== element);
  };
  const look = () => {
    if (document.visibilityState !== 'visible') return;
    if (!element.isConnected) return interfere('remove');
    if (!isAnchor(anchor)) anchor = findAnchor();
    place();
    if (interfered) return;
    // A page can refuse to let anything into the top layer; below it, anything may lie over the box.
    if (!element.matches(':popover-open')) return interfere('cover');
    if (isCovered()) {
      // Once more on top: a page's own pop-up may have opened by chance. A second time it is no chance.
      raise();
      if (isCovered() || fought('cover')) interfere('cover');
      return;
    }
    looks += 1;
    if (__WAXSEAL_BROWSER__ === 'firefox' && looks % searchEvery === 0 && mayBeUnder(element)) {
      raise();
      fought('cover');
    }
  };

  const onFrame = (message: FrameMessage | null) => {
    alive = true;
    clearTimeout(birth);
    if (message?.kind === 'close') close();
    if (message?.kind === 'covered') interfere('cover');
    if (message?.kind === 'layout') {
      layout = message;
      place();
    }
    // With another window in front nobody stole anything; a click or a Tab in the page explains itself.
    const explained = !document.hasFocus() || performance.now() - gestureAt < gestureSpan;
    if (message?.kind === 'blur' && message.sinceKey !== null && message.sinceKey < stealSpan && !explained) {
      interfere('focus');
    }
  };
  const handOver = async () => {
    const token = await options.token();
    if (token === null) return close();
    if (signal.aborted) return;
    const channel = new MessageChannel();
    port?.close();
    port = channel.port1;
    port.onmessage = (event: MessageEvent<unknown>) => onFrame(parseFrameMessage(event.data));
    clearTimeout(birth);
    birth = setTimeout(() => {
      interfere('block');
      close();
    }, birthSpan);
    const handover: Handover = { waxsealToken: token };
    frame.contentWindow?.postMessage(handover, options.origin, [channel.port2]);
    if (wantsKeyboard) giveKeyboard();
    wantsKeyboard = false;
  };
  const giveKeyboard = () => {
    frame.focus();
    tell({ kind: 'focus' });
  };

  const onGesture = (event: Event) => {
    if (event.isTrusted && event.target !== element) gestureAt = performance.now();
  };
  for (const type of ['pointerdown', 'keydown'] as const)
    addEventListener(type, onGesture, { capture: true, signal });
  addEventListener('resize', look, { signal });
  addEventListener('scroll', place, { capture: true, passive: true, signal });
  element.addEventListener('toggle', () => guardToggle(), { signal });
  const guardToggle = () => {
    if (!signal.aborted && element.isConnected && !element.matches(':popover-open') && !fought('move'))
      place();
  };
  const timer = setInterval(look, lookPause);
  signal.addEventListener('abort', () => {
    clearInterval(timer);
    clearTimeout(birth);
    guard.disconnect();
  });

  frame.addEventListener('load', () => void handOver(), { signal });
  // A child of the root element: frameworks own the body and replace its children.
  document.documentElement.append(element);
  guard.observe(element, { attributes: true });
  guard.observe(document.documentElement, { childList: true });
  place();

  return {
    close,
    focus() {
      // Before it has its port, the frame could not be told.
      wantsKeyboard = port === null;
      giveKeyboard();
    },
  };
}
