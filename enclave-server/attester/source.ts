/** The way to one kind of report device; what it gives is neither parsed nor trusted here. */
export interface EvidenceSource {
  /** Type byte of wire format B2. */
  readonly evidenceType: number;
  /**
   * Asks the hardware for one report over 64 bytes. Rejects with WAX_ENCLAVE_REPORT, with
   * WAX_ENCLAVE_REPORT_BUSY where it may come when asked again, or with WAX_ENCLAVE_FIRMWARE where none will
   * ever come before the machine restarts.
   */
  report(reportData: Uint8Array): Promise<HardwareReport>;
  /** Lets go of the device. */
  close(): Promise<void>;
}

export interface HardwareReport {
  evidence: Uint8Array;
  /** Certificates that the host hands to the guest with a report; empty where there are none. */
  certificates: Uint8Array;
}
