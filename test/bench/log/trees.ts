/** Append, proof and memory of the log's tree and of merkletreejs, each size and each tree in a process of its own. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const SIZES = [1_000, 10_000, 100_000, 1_000_000] as const;
export type TreeKind = 'ours' | 'merkletreejs';

export interface TreeFigures {
  size: number;
  /** Microseconds: one append at this size with the new root, and one inclusion proof. */
  append: number;
  proof: number;
  /** Bytes that the tree holds. */
  memory: number;
}

const SCRIPT = fileURLToPath(new URL('./tree-process.ts', import.meta.url));

/** Heap of one tree must not slow down the other, nor be counted with it. */
export function measureTree(kind: TreeKind, size: number): TreeFigures {
  const flags = ['--expose-gc', '--max-old-space-size=3000', '--disable-warning=ExperimentalWarning'];
  const text = execFileSync(process.execPath, [...flags, SCRIPT, kind, String(size)], { encoding: 'utf8' });
  return { size, ...(JSON.parse(text) as Omit<TreeFigures, 'size'>) };
}
