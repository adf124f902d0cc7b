import { browser } from '../../browser.ts';
import { type HistoryDatabase, openHistoryDatabase } from './history-database.ts';

/**
 * The history's database, for a page of the extension that stands at the top of an ordinary window; null in a
 * frame and in a private window. Nothing is opened there, so nothing can be left behind.
 */
export function historyPlace(): HistoryDatabase | null {
  return browser.extension.inIncognitoContext || window !== window.top ? null : openHistoryDatabase();
}
