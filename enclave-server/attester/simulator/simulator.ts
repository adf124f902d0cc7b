/**
 * The simulator: an attester for development that makes reports of SEV-SNP's form under a root of its own.
 * Nothing about it is private. It exists so that the verifier that judges real hardware is the one that runs.
 */
import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { parseBase64 } from '../../../protocol/bytes.ts';
import type { Attester } from '../attester.ts';
import { makeCrl, name, privateKey, rsaSigner } from './certificates.ts';
import { material } from './material.ts';
import { signReport, writeReport } from './report-writer.ts';

export interface SimulatorOptions {
  /** Launch measurement that the reports carry, 48 bytes. */
  readonly measurement: Uint8Array;
  /** How long a report takes, in milliseconds; hardware takes from a few to over a thousand. */
  readonly latencyMs?: number;
  /** Epoch ms, for the dates of the revocation list. */
  readonly now?: () => number;
}

/** Type byte of simulated evidence (wire format B2). */
const EVIDENCE_TYPE = 0xf1;
const HOUR = 3_600_000;
const CRL_LIFETIME = 7 * 24 * HOUR;
/** Hardware id in the simulated chip's certificate. */
export const SIMULATED_CHIP = new Uint8Array(createHash('sha512').update('waxseal simulated chip').digest());
const TCB = Uint8Array.of(10, 0, 0, 0, 0, 0, 23, 84);

/** Makes an attester of simulated evidence; the revocation list is renewed when half its time is over. */
export function createSimulator({ measurement, latencyMs = 0, now = Date.now }: SimulatorOptions): Attester {
  const vcek = privateKey(material.vcekKey);
  const ark = rsaSigner(privateKey(material.arkKey));
  const issuer = name('Waxseal simulator, not a hardware vendor', 'ARK-Genoa');
  const certificates = [material.vcekCertificate, material.askCertificate, material.arkCertificate].map(
    (text) => parseBase64(text),
  );
  let crl = { der: new Uint8Array(0) as Uint8Array, renewAt: 0 };

  function currentCrl(): Uint8Array {
    const at = now();
    if (at >= crl.renewAt || at < crl.renewAt - CRL_LIFETIME) {
      const thisUpdate = at - HOUR;
      crl = {
        der: makeCrl({ issuer, thisUpdate, nextUpdate: thisUpdate + CRL_LIFETIME }, ark),
        renewAt: at + CRL_LIFETIME / 2,
      };
    }
    return crl.der;
  }

  return {
    evidenceType: EVIDENCE_TYPE,
    async report(reportData) {
      if (latencyMs > 0) await wait(latencyMs);
      const unsigned = writeReport({
        version: 5,
        guestSvn: 0,
        // SMT allowed, the bit that is always set, firmware interface 0.31.
        policy: 0x3001fn,
        vmpl: 0,
        signatureAlgorithm: 1,
        // Alias check complete, ECC on.
        platformInfo: 0x24n,
        keyInfo: 0,
        reportData,
        measurement,
        hostData: new Uint8Array(32),
        cpuid: [0x19, 0x11, 1],
        chipId: SIMULATED_CHIP,
        currentTcb: TCB,
        reportedTcb: TCB,
        committedTcb: TCB,
        launchTcb: TCB,
        firmware: [40, 55, 1],
        launchMitigations: 0n,
        currentMitigations: 0n,
      });
      return { evidence: signReport(unsigned, vcek), endorsements: [...certificates, currentCrl()] };
    },
  };
}
