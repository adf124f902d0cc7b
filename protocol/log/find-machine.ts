import { type MachinePlatform, machineHash } from './kinds/machine.ts';
import { isLogged, type Ledger, type Logged } from './ledger.ts';

/**
 * The entry that vouches for a machine and was not taken back, or null.
 * @param hardwareId hex, as the vendor certified it: SNP hwID or TDX PPID
 * @param at milliseconds
 */
export function findMachine(
  ledger: Ledger,
  platform: MachinePlatform,
  hardwareId: string,
  at: number,
): Logged<'machine'> | null {
  const hash = machineHash(platform, hardwareId);
  const machines = ledger.approvals.filter((logged) => isLogged(logged, 'machine'));
  const found = machines.find(
    ({ statement, takenBack }) =>
      statement.machineSha256 === hash && takenBack === null && statement.notBefore <= at,
  );
  return found ?? null;
}
