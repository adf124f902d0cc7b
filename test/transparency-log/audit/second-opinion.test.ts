import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { emptyRoot, hashLeaf } from '../../../protocol/log/tree.ts';
import { requireSecondOpinion } from '../../../transparency-log/audit/second-opinion.ts';
import { HashTree } from '../../../transparency-log/hash-tree.ts';

function fill<Tree extends HashTree>(tree: Tree, size: number): Tree {
  for (let index = 0; index < size; index++) tree.append(hashLeaf(utf8(`entry ${index}`)));
  return tree;
}

/** As if our own implementation had a fault in the root. */
class WrongRoot extends HashTree {
  override root(): Uint8Array {
    return emptyRoot;
  }
}

/** As if it had one in the interior nodes that only proofs show. */
class WrongNode extends HashTree {
  override readonly hashAt = (level: number, index: number): Uint8Array =>
    level === 1 && index === 3 ? emptyRoot : this.hashes(level, index, index + 1);
  override root(): Uint8Array {
    return fill(new HashTree(), this.size).root();
  }
}

describe('the second opinion on a tree', () => {
  it('agrees on root and proofs at any size', () => {
    for (const size of [0, 1, 2, 3, 255, 256, 257]) {
      expect(requireSecondOpinion(fill(new HashTree(), size))).toBe(Math.min(size, 256));
    }
  });

  it('spreads its proofs over a log that has more entries than it compares', () => {
    expect(requireSecondOpinion(fill(new HashTree(), 1000))).toBe(256);
  });

  it('finds a wrong root, and a wrong node that shows only in proofs', () => {
    expect(() => requireSecondOpinion(fill(new WrongRoot(), 9))).toThrow('WAX_AUDIT_ORACLE: ');
    expect(() => requireSecondOpinion(fill(new WrongNode(), 9))).toThrow('inclusion proof of entry');
  });
});
