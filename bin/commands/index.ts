import type { Command } from '../command.ts';

/**
 * Commands by their first word, in the order in which the overview lists them. Each group is loaded only when it
 * is needed: the servers behind some of them take longer to load than most commands to run.
 */
export const groups: Readonly<Record<string, () => Promise<readonly Command[]>>> = {
  verify: async () => [(await import('./verify.ts')).verifyCommand],
  chat: async () => [(await import('./chat.ts')).chatCommand],
  trust: async () => (await import('./trust.ts')).trustCommands,
  // The longer name first: it begins with the shorter one.
  audit: async () => [
    (await import('./audit-extension.ts')).auditExtensionCommand,
    (await import('./audit.ts')).auditCommand,
  ],
  release: async () => (await import('./release.ts')).releaseCommands,
  log: async () => (await import('./log.ts')).logCommands,
  witness: async () => (await import('./witness.ts')).witnessCommands,
  evidence: async () => (await import('./evidence.ts')).evidenceCommands,
  enclave: async () => (await import('./enclave.ts')).enclaveCommands,
  relay: async () => [(await import('./relay.ts')).relayCommand],
};
