/**
 * Writes docs/error-codes.md from the error tables of the sources, so that no code lacks a row and no row
 * outlives its code. `--check` only says whether the page is current.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ErrorTable } from '../protocol/errors.ts';

const page = 'docs/error-codes.md';

const intro = `# Error codes

Every error of Waxseal has a stable code. Programs may switch on it; people find here what it means. No message
holds a prompt, an answer or a key. This page is written by \`npm run docs:errors\` from the tables in the sources.
`;

async function tablesOf(file: string): Promise<ErrorTable[]> {
  const module: Record<string, unknown> = await import(pathToFileURL(file).href);
  return Object.values(module).flatMap((value) =>
    typeof value === 'function' && 'table' in value ? [value.table as ErrorTable] : [],
  );
}

export async function errorCodesPage(): Promise<string> {
  const files = globSync(
    '{protocol,enclave-server,relay,transparency-log,extension,bin}/**/{errors,*-errors}.ts',
  ).sort();
  const sections: string[] = [];
  const seen = new Set<string>();
  for (const file of files) {
    for (const table of await tablesOf(file)) {
      const rows = Object.entries(table).map(([code, sentence]) => {
        if (seen.has(code)) throw new Error(`${code} is in two tables`);
        seen.add(code);
        return `| \`${code}\` | ${sentence} |`;
      });
      sections.push(`\n## ${dirname(file)}\n\n| code | meaning |\n|---|---|\n${rows.join('\n')}\n`);
    }
  }
  return intro + sections.join('');
}

if (import.meta.main) {
  const text = await errorCodesPage();
  if (process.argv.includes('--check')) {
    const current = readFileSync(page, 'utf8') === text;
    if (!current) console.error(`${page} is not current: npm run docs:errors`);
    process.exitCode = current ? 0 : 1;
  } else writeFileSync(page, text);
}
