const allowed = new Set(['https:', 'http:', 'mailto:']);

/**
 * The full address of a link as the browser will use it: host in its real (punycode) letters, everything odd
 * escaped. Null for anything but web and mail addresses.
 */
export function safeAddress(href: string): string | null {
  if (!URL.canParse(href)) return null;
  const url = new URL(href);
  return allowed.has(url.protocol) && url.username === '' && url.password === '' ? url.href : null;
}
