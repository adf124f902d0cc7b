/** Builds what the demo runs, in a process of its own: the build tools draw on the terminal as they go. */
import { spawn } from 'node:child_process';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { type BuildMode, extensionFolder } from '../scripts/build-extension.ts';

const script = fileURLToPath(new URL('../scripts/build.ts', import.meta.url));

/** Builds the enclave server, the log's page and the extension in `mode`; returns the folder of the extension for Chrome. */
export async function buildForDemo(mode: BuildMode): Promise<string> {
  const child = spawn(execPath, [script, mode, 'enclave', 'explorer'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  if (code !== 0) throw new Error(`The build failed.\n${output}`);
  return fileURLToPath(new URL(`../${extensionFolder(mode, 'chrome')}`, import.meta.url));
}
