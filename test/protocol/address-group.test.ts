import { describe, expect, it } from 'vitest';
import { addressGroup } from '../../protocol/address-group.ts';

describe('addresses', () => {
  it('of one IPv6 customer are one group, and IPv4 is itself however it is written', () => {
    expect(addressGroup('2001:db8:1:2::1')).toBe(addressGroup('2001:db8:1:2:ffff::9'));
    expect(addressGroup('2001:DB8:1:2::1')).toBe(addressGroup('2001:db8:1:2::2'));
    expect(addressGroup('2001:db8:1:2::1')).not.toBe(addressGroup('2001:db8:1:3::1'));
    expect(addressGroup('::1')).toBe('0:0:0:0');
    expect(addressGroup('2001:db8::')).toBe('2001:db8:0:0');
    expect(addressGroup('fe80::1%eth0')).toBe('fe80:0:0:0');
    expect(addressGroup('::ffff:192.0.2.7')).toBe('192.0.2.7');
    expect(addressGroup('192.0.2.7')).not.toBe(addressGroup('192.0.2.8'));
  });
});
