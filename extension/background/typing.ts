/**
 * The light of the seal in the toolbar. A view holds a port open while it has the keyboard and says so every
 * few seconds; the browser ends the port with the view, so that the light cannot outlast what it speaks of.
 * @module
 */
import type { Browser } from '../browser.ts';
import type { Caller } from '../sender.ts';
import type { Place, Toolbar } from './toolbar.ts';

/** Reads where a panel is, from its first message; a frame's place is known from its sender. */
function panelPlace(message: unknown): Place | null {
  const windowId =
    message !== null && typeof message === 'object' && 'windowId' in message ? message.windowId : null;
  return typeof windowId === 'number' && Number.isSafeInteger(windowId) ? { windowId } : null;
}

/** Lights the icon for as long as `port` lives. The caller has been identified and, for a frame, redeemed. */
export function holdLight(port: Browser.runtime.Port, caller: Caller, toolbar: Toolbar): void {
  let stop: (() => void) | null = null;
  const start = (place: Place | null) => {
    if (place) stop ??= toolbar.startTyping(place);
  };
  if (caller.tabId !== null) start({ tabId: caller.tabId, site: 'site' in caller ? caller.site : null });
  // Later messages only keep the background awake, so that it is there to put the light out.
  port.onMessage.addListener((message: unknown) => start(panelPlace(message)));
  port.onDisconnect.addListener(() => stop?.());
}
