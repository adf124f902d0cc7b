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
  expect(checks.checks.map(({ id, state, code }) => [id, state, code])).toEqual([
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
  expect(checks.checks.map(({ state, code }) => [state, code])).toEqual([
    ['fail', 'WAX_ATTESTATION_INTERNAL'],
    ['pass', undefined],
  ]);
});
