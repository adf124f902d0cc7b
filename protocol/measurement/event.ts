/** One step of a calculation, for people who want to see how a register came about. */
export interface MeasurementEvent {
  register: string;
  /** What was measured. */
  text: string;
  /** Hex: for SEV-SNP the digest so far, for the others the digest that went into the register. */
  value: string;
}
