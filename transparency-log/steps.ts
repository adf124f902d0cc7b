import type { WriteStep } from './storage/files.ts';

/** The durable steps between a submission and its acknowledgement, in order. */
export type Step =
  | 'sequenced'
  | WriteStep
  | 'tiles-written'
  | 'checkpoint-signed'
  | 'checkpoint-kept'
  | 'cosigned'
  | 'checkpoint-published'
  | 'acknowledged';

/** Told of each step once it is done; tests stop the process there. */
export type StepListener = (step: Step) => void;
