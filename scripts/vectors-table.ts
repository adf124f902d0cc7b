/**
 * `npm run vectors`: what the verifiers say about evidence from real hardware, beside what the vectors expect.
 * The vectors lie beside this checkout; a plain clone has none.
 */
import { realEvidence } from '../test/support/attestation/real-evidence.ts';

/** How the manifest begins where cryptography holds; a quote of SGX is valid, but none that we read. */
const VALID = 'valid';
const isValid = (expected: string) => expected.startsWith(VALID) && !expected.includes('SGX quote');

const rows: string[][] = [['vector', 'expected', 'signature and chain', 'whole verdict', 'first reasons']];
let wrong = 0;
for (const { name, expected, input, verifier } of realEvidence()) {
  const { checks } = await verifier.verify(input);
  const failed = checks.filter(({ state }) => state === 'fail');
  const holds = checks.every(({ layer, state }) => layer !== 'crypto' || state === 'pass');
  const wanted = expected.crypto;
  const differs = wanted !== undefined && isValid(wanted) !== holds;
  if (differs) wrong += 1;
  rows.push([
    name,
    wanted?.split(' (')[0] ?? '-',
    `${holds ? VALID : 'refused'}${differs ? ' (!)' : ''}`,
    checks.every(({ state }) => state === 'pass') ? 'accepted' : 'refused',
    [...new Set(failed.map(({ code }) => code ?? ''))].slice(0, 3).join(' '),
  ]);
}
if (rows.length === 1) {
  console.log('skipped: no vectors from real hardware beside this checkout');
} else {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  for (const row of rows) {
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
  console.log(`${rows.length - 1} vectors, ${wrong} judged otherwise than expected`);
}
process.exitCode = wrong === 0 ? 0 : 1;
