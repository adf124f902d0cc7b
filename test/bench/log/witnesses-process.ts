/** The witnesses of a LogWorld in a process of their own. Its one argument is JSON; it says when they listen. */
import { join } from 'node:path';
import { signerFromSeed } from '../../../protocol/log/signer.ts';
import { buildWitness } from '../../../transparency-log/witness/app.ts';
import { logOfKey } from '../../../transparency-log/witness/log-list.ts';
import { testSeed } from '../../support/log-builder.ts';

export interface WitnessesOptions {
  folder: string;
  /** Verifier key of the log. */
  log: string;
  ports: number[];
}

const { folder, log, ports } = JSON.parse(process.argv[2] ?? '') as WitnessesOptions;
for (const [index, port] of ports.entries()) {
  const app = buildWitness({
    signer: signerFromSeed(`witness-${index}.example`, 4, testSeed(`witness ${index}`)),
    logs: [logOfKey(log)],
    database: join(folder, `witness-${index}.db`),
  });
  await app.listen({ host: '127.0.0.1', port });
}
console.log('listening');
