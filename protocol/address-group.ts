/**
 * What tells one sender from another where nothing but an address does.
 * @module
 */

/**
 * The group that an IP address belongs to: itself for IPv4, also where it is written as IPv6, and the /64 for IPv6,
 * since one customer has a whole /64 and may use any address in it.
 */
export function addressGroup(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array<string>(missing).fill('0'), ...after].slice(0, 4).join(':');
}
