import { describe, expect, it } from 'vitest';
import {
  encodeSessionHeader,
  instancePrefix,
  parseSessionHeader,
  type SessionHeader,
} from '../../../protocol/session/header.ts';
import { sessionHeader } from '../../support/session.ts';

describe('the session header', () => {
  it('comes back as it was written', () => {
    const header = sessionHeader();
    expect(encodeSessionHeader(header)).toHaveLength(32);
    expect(parseSessionHeader(encodeSessionHeader(header))).toEqual(header);
    expect(instancePrefix(header.id)).toBe('aabbccdd');
  });

  const offsets: [keyof SessionHeader, number, number, number, number][] = [
    ['offerTtlS', 16, 4, 30, 900],
    ['sessionTtlS', 20, 4, 60, 3600],
    ['maxTurns', 24, 2, 1, 256],
    ['maxRequestBytes', 28, 4, 8192, 8 * 1024 * 1024 + 1164],
  ];

  it.each(offsets)('bounds %s on both ends', (name, offset, size, least, most) => {
    for (const value of [least, most]) {
      expect(parseSessionHeader(encodeSessionHeader(sessionHeader({ [name]: value })))[name]).toBe(value);
    }
    for (const value of [least - 1, most + 1]) {
      expect(() => encodeSessionHeader(sessionHeader({ [name]: value }))).toThrow('WAX_SESSION_BOUNDS');
      const bytes = encodeSessionHeader(sessionHeader());
      const view = new DataView(bytes.buffer);
      if (size === 4) view.setUint32(offset, value);
      else view.setUint16(offset, value);
      expect(() => parseSessionHeader(bytes)).toThrow('WAX_SESSION_BOUNDS');
    }
  });

  it('has reserved bytes that must be zero', () => {
    expect(() => parseSessionHeader(encodeSessionHeader(sessionHeader()).with(27, 1))).toThrow('reserved');
  });
});
