/** `waxseal`: finds the command, runs it, and turns coded errors into one line and an exit code. */
import { CodedError } from '../protocol/errors.ts';
import { type Command, exitCodes } from './command.ts';
import { groups } from './commands/index.ts';

async function overview(): Promise<string> {
  const commands = (await Promise.all(Object.values(groups).map((load) => load()))).flat();
  const width = Math.max(...commands.map((command) => command.name.length));
  const rows = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return [
    'Usage: waxseal COMMAND [OPTIONS]',
    '',
    'Chat with an AI model whose operator cannot read the chat, and check why that is so.',
    '',
    'Commands:',
    ...rows,
    '',
    'waxseal COMMAND --help explains one of them.',
  ].join('\n');
}

async function select(words: string[]): Promise<{ command: Command; rest: string[] } | null> {
  const [group = ''] = words;
  const load = Object.hasOwn(groups, group) ? groups[group] : undefined;
  for (const command of (await load?.()) ?? []) {
    const name = command.name.split(' ');
    if (name.every((word, index) => words[index] === word))
      return { command, rest: words.slice(name.length) };
  }
  return null;
}

async function main(words: string[]): Promise<number> {
  const selected = await select(words);
  if (!selected) {
    const asked = words.length === 0 || ['--help', '-h', 'help'].includes(words[0] ?? '');
    if (asked) console.log(await overview());
    else console.error(`waxseal: no command "${words.slice(0, 2).join(' ')}". waxseal --help lists them.`);
    return asked ? exitCodes.ok : exitCodes.usage;
  }
  const { command, rest } = selected;
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(command.help);
    return exitCodes.ok;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    if (error instanceof CodedError) {
      console.error(`waxseal ${command.name}: ${error.message}`);
      return exitCodes.usage;
    }
    // node:util's parseArgs reports an unknown option this way.
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
      console.error(`waxseal ${command.name}: ${error.message}\nwaxseal ${command.name} --help explains it.`);
      return exitCodes.usage;
    }
    throw error;
  }
}

process.exitCode = await main(process.argv.slice(2));
