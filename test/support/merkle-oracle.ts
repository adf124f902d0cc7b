import { sha256 } from '@noble/hashes/sha2.js';
import { MerkleTree } from 'merkletreejs';

const hash = (prefix: number, ...parts: Uint8Array[]) =>
  Buffer.from(sha256(Buffer.concat([Uint8Array.of(prefix), ...parts])));

/** An independent implementation of the tree: merkletreejs, told to separate leaves from nodes as RFC 6962 does. */
export function merkleOracle(entries: readonly Uint8Array[]) {
  const leaves = entries.map((entry) => hash(0, entry));
  const tree = new MerkleTree(leaves, (data: Buffer) => hash(1, data));
  return {
    root: (): Uint8Array =>
      entries.length === 0 ? sha256(new Uint8Array(0)) : new Uint8Array(tree.getRoot()),
    inclusion: (index: number): Uint8Array[] =>
      tree.getProof(leaves[index] ?? Buffer.alloc(0), index).map(({ data }) => new Uint8Array(data)),
  };
}
