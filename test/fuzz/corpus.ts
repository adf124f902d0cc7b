/** Inputs that are kept: one for each outcome that a parser once had, and everything it ever failed on. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('./corpus/', import.meta.url));

export function keptInputs(parser: string): { file: string; bytes: Uint8Array }[] {
  const place = `${folder}${parser}`;
  if (!existsSync(place)) return [];
  const files = readdirSync(place).sort();
  return files.map((file) => ({ file, bytes: new Uint8Array(readFileSync(`${place}/${file}`)) }));
}

/** Keeps an input under its outcome and hash; returns the path. */
export function keepInput(parser: string, outcome: string, bytes: Uint8Array): string {
  mkdirSync(`${folder}${parser}`, { recursive: true });
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
  const path = `${folder}${parser}/${outcome.toLowerCase().replaceAll('_', '-')}.${hash}.bin`;
  writeFileSync(path, bytes);
  return path;
}
