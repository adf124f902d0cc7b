/**
 * The trust domain that comes with Waxseal. Store builds carry it in the code; development builds read the
 * one that the demo wrote beside the manifest.
 * @module
 */
import { browser } from '../browser.ts';

/** JSON text of the built-in trust domain of store builds; null until there is a public log to name. */
const storeDomain: string | null = null;

/** Where the demo puts its trust domain, in the folder of a development build. */
const developmentFile = '/waxseal-domain.json';

/** JSON text of the built-in trust domain, or null where there is none: the state is then "not set up". */
export async function readBuiltInDomain(): Promise<string | null> {
  if (!__WAXSEAL_SIMULATOR__) return storeDomain;
  // A development build without a demo has no such file, and the browser then fails the request.
  const response = await fetch(browser.runtime.getURL(developmentFile)).catch(() => null);
  return response?.ok ? response.text() : null;
}
