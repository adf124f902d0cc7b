/** What the enclave asks of the machine it runs on: a hardware report over 64 bytes of its choice. */
export interface Attester {
  /** Type byte of wire format B2. */
  readonly evidenceType: number;
  /**
   * Makes one report. May take seconds and may fail; the caller sets its own deadline, and asks again where it
   * rejects with WAX_ENCLAVE_REPORT_BUSY.
   * @param reportData the 64 bytes that the report must carry
   * @returns evidence and endorsements in the form and order of wire format B2
   */
  report(reportData: Uint8Array): Promise<{ evidence: Uint8Array; endorsements: Uint8Array[] }>;
}
