/** What a register speaks of: a file of the image, or a property of the machine that the shape names. */
export const parts = [
  'firmware',
  'kernel',
  'initramfs',
  'command line',
  'processors',
  'memory size',
  'hardware description',
] as const;
export type Part = (typeof parts)[number];

/** One step of a calculation, for people who want to see how a register came about. */
export interface MeasurementEvent {
  register: string;
  /** What was measured. */
  text: string;
  /** Hex: the digest that went into the register, or the register's own value so far where `running` says so. */
  value: string;
  /** A value that depends on every step before it. */
  running: boolean;
  parts: readonly Part[];
}
