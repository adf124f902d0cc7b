/**
 * `npm run check`: every static check side by side, and the output of those that failed.
 * Types, lint (with import rules and cycles), unused code, a lock file that `npm ci` will accept, and the
 * size of what it installs.
 */
import { spawn } from 'node:child_process';
import { argv, execPath } from 'node:process';

interface Check {
  name: string;
  command: string;
  args: string[];
}

const checks: Check[] = [
  { name: 'types', command: 'tsc', args: ['--noEmit'] },
  { name: 'lint', command: 'biome', args: ['check', '--error-on-warnings', ...argv.slice(2)] },
  { name: 'unused code', command: 'knip', args: [] },
  { name: 'lock file', command: execPath, args: ['scripts/lock-check.ts'] },
  { name: 'size of the installed tree', command: execPath, args: ['scripts/tree-size.ts'] },
  { name: 'error codes page', command: execPath, args: ['scripts/error-codes.ts', '--check'] },
];

function run({ name, command, args }: Check): Promise<boolean> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.on('error', (error) => {
      output += error.message;
    });
    child.on('close', (code) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
      if (code !== 0) console.log(output);
      resolve(code === 0);
    });
  });
}

const results = await Promise.all(checks.map(run));
process.exitCode = results.every(Boolean) ? 0 : 1;
