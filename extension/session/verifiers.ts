/** Which kinds of evidence this build accepts. @module */
import type { EvidenceVerifier } from '../../protocol/attestation/evidence.ts';
import { hardwareVerifiers } from '../../protocol/attestation/hardware.ts';
import { simulatorVerifier } from '../../protocol/attestation/simulator.ts';

/** Real hardware; in builds that are not for the store also the simulator, which proves nothing. */
export const verifiers: readonly EvidenceVerifier[] = __WAXSEAL_SIMULATOR__
  ? [...hardwareVerifiers, simulatorVerifier]
  : hardwareVerifiers;
