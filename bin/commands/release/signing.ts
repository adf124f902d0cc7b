/** Showing drafts to people, asking them, and signing for them. */

import { rename, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { readKeyFile } from '../../../transparency-log/keys/key-file.ts';
import { describeStatement } from '../../../transparency-log/publish/describe.ts';
import { type NamedPolicy, publisherSigner } from '../../../transparency-log/publish/entry.ts';
import { countSigners, readDraft, signDraft } from '../../../transparency-log/publish/sign.ts';
import type { DraftContext } from './context.ts';
import { releaseCommandError } from './errors.ts';

/** The lines that say what a draft does and how far it has come. */
export async function summarise(bytes: Uint8Array, context: DraftContext | null): Promise<string[]> {
  const draft = readDraft(bytes);
  const { title, rows } = describeStatement(draft.statement, context?.ledger ?? null);
  const progress = await countSigners(draft, context?.policy ?? null);
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    `${title}.`,
    ...rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`),
    progress === null
      ? `${draft.envelope.signatures.length} signatures; by whom, only --domain or --policy can tell.`
      : `Signed by ${progress.signers.join(', ') || 'nobody yet'}; ${progress.needed} needed.`,
  ];
}

async function confirm(name: string): Promise<void> {
  if (process.stdin.isTTY !== true) throw releaseCommandError('WAX_RELEASECMD_CONFIRM');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C and Ctrl-D are answers, too.
  const answer = await terminal.question(`Sign this as ${name}? Type yes: `).catch(() => '');
  terminal.close();
  if (answer.trim().toLowerCase() !== 'yes') throw releaseCommandError('WAX_RELEASECMD_DECLINED');
}

/** Shows a draft, asks, and returns it with a signature by the key in the file. */
export async function signWithKeyFile(
  bytes: Uint8Array,
  keyFile: string,
  context: DraftContext | null,
  { yes }: { yes: boolean | undefined },
): Promise<Uint8Array> {
  const key = await readKeyFile(keyFile, 1);
  console.error((await summarise(bytes, context)).join('\n'));
  if (!yes) await confirm(key.verifierKey.name);
  return signDraft(readDraft(bytes), publisherSigner(key), context?.policy ?? null);
}

/** Replaces a draft as a whole: the signatures in it may be hard to get again. */
export async function replaceDraft(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, bytes, { flag: 'wx' });
  await rename(temporary, path);
}

/** Writes a draft under a new name, and says what comes next. */
export async function writeDraft(path: string, bytes: Uint8Array, policy: NamedPolicy | null): Promise<void> {
  await writeFile(path, bytes, { flag: 'wx' }).catch((cause) => {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    throw exists ? releaseCommandError('WAX_RELEASECMD_EXISTS', path) : cause;
  });
  console.log(await nextStep(path, bytes, policy));
}

/** One line: sign, or submit. */
export async function nextStep(path: string, bytes: Uint8Array, policy: NamedPolicy | null): Promise<string> {
  const draft = readDraft(bytes);
  const progress = await countSigners(draft, policy);
  if (progress === null) return `${path}: ${draft.envelope.signatures.length} signatures.`;
  const { signers, needed, complete } = progress;
  if (complete && draft.statement.policy === null)
    return `${path} is complete. Next: waxseal log init --policy ${path}`;
  if (complete) return `${path} is complete. Next: waxseal log append --url URL ${path}`;
  return `${path} has ${signers.length} of ${needed} signatures. Next: waxseal release sign ${path} --key KEY`;
}
