/** The browser's own panel for the chat: side panel in Chrome, sidebar in Firefox. @module */
import { browser } from './browser.ts';

interface Sidebar {
  open(): Promise<void>;
}

/** Opens the panel in a window. Both browsers want this inside a click or a key press, so nothing is awaited. */
export function openPanel(windowId: number | undefined): Promise<void> {
  if (__WAXSEAL_BROWSER__ === 'firefox') {
    return (browser as unknown as { sidebarAction: Sidebar }).sidebarAction.open();
  }
  return windowId === undefined ? Promise.resolve() : browser.sidePanel.open({ windowId });
}

/** End of the address of a panel in that window. */
export const panelMark = (windowId: number) => `#window-${windowId}`;
