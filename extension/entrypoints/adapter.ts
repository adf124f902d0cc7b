/**
 * The fetch adapter, in the page's own world from the start of the document, on sites where the person switched
 * it on. The page has written what goes through here, and can read it.
 */
import { defineUnlistedScript } from 'wxt/utils/define-unlisted-script';
import { installAdapter } from '../page/fetch-adapter.ts';

export default defineUnlistedScript(installAdapter);
