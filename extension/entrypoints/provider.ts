/**
 * What a granted page sees of Waxseal when it looks for it: docs/provider-api.md. Runs in the page's own world,
 * started by the background for the documents of a granted origin only.
 */
import { defineUnlistedScript } from 'wxt/utils/define-unlisted-script';
import { announceProvider } from '../page/provider.ts';

export default defineUnlistedScript(announceProvider);
