import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { groups } from '../../bin/commands/index.ts';

const GUIDES = ['auditors.md', 'openai-api.md', 'operators.md', 'rebuild.md'];

/** The waxseal commands in the shell blocks of a text, each without what comes before and after it. */
function commandsIn(text: string): string[] {
  const blocks = [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block);
  const lines = blocks.flatMap((block) => block.replaceAll(/\\\n\s*/g, '').split('\n'));
  return lines.flatMap((line) =>
    [...line.matchAll(/\bnpx waxseal ([^|><;]*)/g)].map(([, rest = '']) => rest),
  );
}

/** What is wrong with a command line, or null. */
async function problemOf(line: string): Promise<string | null> {
  const [group = '', second = ''] = line.split(' ');
  const commands = await groups[group]?.();
  const command = commands?.find(({ name }) => name === group || name === `${group} ${second}`);
  if (command === undefined) return 'there is no such command';
  const documented = new Set(command.help.match(/--[a-z-]+/g));
  const unknown = (line.match(/(?<= )--[a-z-]+/g) ?? []).filter((option) => !documented.has(option));
  return unknown.length === 0 ? null : `${command.name} has no ${unknown.join(', ')}`;
}

describe('the guides', () => {
  it.each(GUIDES)('%s names only commands and options that exist', async (name) => {
    const lines = commandsIn(readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8'));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(await problemOf(line), line).toBeNull();
  });

  it('would not name another', async () => {
    expect(await problemOf('log erase --dir x')).toBe('there is no such command');
    expect(await problemOf('nothing')).toBe('there is no such command');
    expect(await problemOf('log serve --dir x --fast')).toBe('log serve has no --fast');
    expect(commandsIn('```sh\nnpx waxseal log vkey \\\n  --dir x > y\n```')).toEqual(['log vkey --dir x ']);
  });
});
