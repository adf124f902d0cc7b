/** The provider that a page finds by its events, in the manner of EIP-6963. @module */
import { askForWord } from './page-link.ts';

/** Says once and on each request that Waxseal is here. */
export function announceProvider(): void {
  const detail = Object.freeze({
    info: Object.freeze({
      uuid: crypto.randomUUID(),
      name: 'Waxseal',
      rdns: 'dev.waxseal',
      version: 1,
    }),
    provider: Object.freeze({
      /** One word on the service that the person chose, and nothing else of it. */
      verify: () => askForWord('verify'),
      /** Opens the sealed box and gives it the keyboard; the page gets nothing of what is typed. */
      open: () => askForWord('open').then((word) => word === 'open'),
    }),
  });
  const announce = () => dispatchEvent(new CustomEvent('waxseal:announce', { detail }));
  addEventListener('waxseal:request', announce);
  announce();
}
