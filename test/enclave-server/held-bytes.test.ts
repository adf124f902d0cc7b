import { describe, expect, it } from 'vitest';
import { HeldBytes } from '../../enclave-server/held-bytes.ts';

describe('bytes held', () => {
  it('have room up to the last one, and no further', () => {
    const held = new HeldBytes(100);
    expect(held.take(60)).not.toBeNull();
    expect(held.take(41)).toBeNull();
    expect(held.take(40)).not.toBeNull();
    expect(held.take(1)).toBeNull();
    expect(held.held).toBe(100);
  });

  it('are given back once, however often it is said', () => {
    const held = new HeldBytes(100);
    const first = held.take(60);
    held.take(40);
    first?.();
    first?.();
    expect(held.held).toBe(40);
  });
});
