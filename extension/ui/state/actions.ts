/** What a person can do next from a state. Surfaces decide what each one calls. */
export type ActionId =
  | 'set-up'
  | 'use-here'
  | 'open-panel'
  | 'check-now'
  | 'other-enclave'
  | 'tell-operator'
  | 'update'
  | 'see-chain'
  | 'keep-closed';

/** A button: its meaning and its words. */
export interface Action {
  readonly id: ActionId;
  readonly label: string;
}
