import { expect, it } from 'vitest';
import { CheckList } from '../../../protocol/attestation/check-list.ts';
import { attestationError } from '../../../protocol/attestation/errors.ts';

it('passes, fails with the code of the reason, and skips what lacks its input', async () => {
  const checks = new CheckList();
  expect(await checks.run('a', 'format', 'It holds.', [], () => 7)).toBe(7);
  const missing = await checks.run('b', 'crypto', 'It holds.', [1], (_one: number) => {
    throw attestationError('WAX_X509_FORM', 'detail');
  });
  expect(
    await checks.run('c', 'policy', 'It holds.', [2, missing], (two: number, _other: never) => two),
  ).toBeNull();
  expect((await checks.rows()).map(({ id, state, code }) => [id, state, code])).toEqual([
    ['a', 'pass', undefined],
    ['b', 'fail', 'WAX_X509_FORM'],
    ['c', 'skipped', undefined],
  ]);
});

it('counts an unexpected error as a failed check and goes on', async () => {
  const checks = new CheckList();
  await checks.run('a', 'crypto', 'It holds.', [], () => {
    throw new TypeError('a defect');
  });
  await checks.run('b', 'crypto', 'It holds.', [], () => undefined);
  expect((await checks.rows()).map(({ state, code }) => [state, code])).toEqual([
    ['fail', 'WAX_ATTESTATION_INTERNAL'],
    ['pass', undefined],
  ]);
});

it('starts a check when its inputs are there, and keeps the rows in the order of the calls', async () => {
  const checks = new CheckList();
  const order: string[] = [];
  let release = () => {};
  const slow = checks.run('slow', 'crypto', 'It holds.', [], async () => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    order.push('slow');
    return 1;
  });
  checks.run('after slow', 'crypto', 'It holds.', [slow], (_slow: number) => order.push('after slow'));
  await checks.run('quick', 'format', 'It holds.', [], () => order.push('quick'));
  expect(order).toEqual(['quick']);
  release();
  expect((await checks.rows()).map(({ id }) => id)).toEqual(['slow', 'after slow', 'quick']);
  expect(order).toEqual(['quick', 'slow', 'after slow']);
});
