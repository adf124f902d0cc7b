/** Flips the bits it is told to, and says which nobody noticed. */
import { parentPort } from 'node:worker_threads';
import { unnoticedFlips } from '../support/attestation/bit-flips.ts';
import { flipCases } from '../support/attestation/flip-cases.ts';
import { rememberSignatures } from '../support/attestation/remembered-signatures.ts';
import type { FlipAnswer, FlipTask } from './tasks.ts';

rememberSignatures();
const cases = await flipCases();

async function run({ name, part, from, to }: FlipTask): Promise<FlipAnswer> {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no evidence ${name}`);
  const { input, verifier } = found;
  const end = to ?? [input.evidence, ...input.endorsements][part]?.length ?? from;
  const bits = Array.from({ length: 8 * (end - from) }, (_, index) => ({
    part,
    byte: from + (index >> 3),
    bit: index & 7,
  }));
  const { unnoticed, reasons } = await unnoticedFlips(verifier, input, bits);
  return { bits: bits.length, unnoticed, reasons };
}

parentPort?.on('message', async (task: FlipTask) => parentPort?.postMessage(await run(task)));
