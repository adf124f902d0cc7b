import { defineErrors } from '../errors.ts';

/** Errors of the Merkle tree, tiles, notes, checkpoints, cosignatures and proofs of a transparency log. */
export const logError = defineErrors({
  WAX_LOG_SIZE: 'The number is not a size or index that this log can have',
  WAX_LOG_HASH: 'A tree hash is not 32 bytes in canonical base64',
  WAX_LOG_FRONTIER: 'The stored frontier does not fit the tree size',
  WAX_LOG_INCLUSION: 'The inclusion proof does not lead from the entry to the root',
  WAX_LOG_CONSISTENCY: 'The consistency proof does not show that one tree extends the other',
  WAX_LOG_TILE_PATH: 'The path is not that of a tile or entry bundle',
  WAX_LOG_TILE: 'The tile does not hold the number of hashes its path announces',
  WAX_LOG_BUNDLE: 'The entry bundle does not hold the number of entries its path announces',
  WAX_LOG_ENTRY_SIZE: 'The entry is longer than a bundle can hold',
  WAX_LOG_NOTE: 'The text is not a signed note',
  WAX_LOG_KEY: 'The key is not a verifier key that can be used here',
  WAX_LOG_UNSIGNED: 'The note carries no signature by the expected key',
  WAX_LOG_SIGNATURE: 'A signature by a known key does not verify, so the whole note is refused',
  WAX_LOG_CHECKPOINT: 'The text is not a checkpoint',
  WAX_LOG_EMPTY_ROOT: 'The checkpoint has size 0 and a root other than that of the empty tree',
  WAX_LOG_ORIGIN: 'The checkpoint belongs to another log',
  WAX_LOG_REQUEST: 'The request is not an add-checkpoint request',
  WAX_LOG_PROOF: 'The text is not a tlog-proof',
  WAX_LOG_QUORUM: 'Too few of the known witnesses have cosigned',
  WAX_LOG_POLICY: 'The text is not a witness policy (C2SP tlog-policy) that can be used here',
});
