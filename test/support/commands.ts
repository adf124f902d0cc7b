/** `waxseal` commands run within the test's own process. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import type { Command } from '../../bin/command.ts';

export interface CommandRunner {
  /** A path in a folder that each test has of its own. */
  path(name: string): string;
  /** What the commands of the test have printed, on either stream. */
  readonly output: string[];
  /** Runs the command of that name, and gives its exit code. */
  waxseal(name: string, ...args: string[]): Promise<number>;
}

/** Prepares and clears up around each test of the file that calls this. */
export function runCommands(commands: readonly Command[]): CommandRunner {
  let folder: string;
  const output: string[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waxseal-command-'));
    output.length = 0;
    for (const stream of ['log', 'error'] as const) {
      vi.spyOn(console, stream).mockImplementation((text: string) => {
        output.push(text);
      });
    }
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    await rm(folder, { recursive: true });
  });
  return {
    path: (name) => join(folder, name),
    output,
    async waxseal(name, ...args) {
      const command = commands.find((candidate) => candidate.name === name);
      if (!command) throw new Error(`no command ${name}`);
      return command.run(args);
    },
  };
}
