/** `waxseal release …`: publisher keys, drafts that collect signatures, and what they say. */
import { parseArgs } from 'node:util';
import { formatTime } from '../../protocol/log/kinds/kind.ts';
import { readPredicate } from '../../protocol/log/statement.ts';
import { createKeyFile } from '../../transparency-log/keys/key-file.ts';
import { makeEntry } from '../../transparency-log/publish/entry.ts';
import { formatList, hashFiles } from '../../transparency-log/publish/file-manifest.ts';
import { readCopy } from '../../transparency-log/publish/package.ts';
import { type Command, exitCodes } from '../command.ts';
import { acpiCommand } from './release/acpi.ts';
import {
  contextHelp,
  contextOptions,
  findContext,
  readInput,
  required,
  requiredInteger,
} from './release/context.ts';
import { startTime } from './release/draft-command.ts';
import { draftCommands, readPublishers } from './release/drafts.ts';
import { releaseCommandError } from './release/errors.ts';
import { checkCommand, measureCommand } from './release/measure.ts';
import { nextStep, replaceDraft, signWithKeyFile, summarise, writeDraft } from './release/signing.ts';

const keygen: Command = {
  name: 'release keygen',
  summary: 'make the key of a publisher',
  help: `Usage: waxseal release keygen --name NAME --out FILE

Makes a publisher's signing key in FILE, readable by you only and never over an existing file, and prints the
verifier key for the policy. NAME is how others see the publisher, without spaces.

Exit codes: 0 made, 30 the name or the file cannot be used.`,
  async run(args) {
    const { values } = parseArgs({ args, options: { name: { type: 'string' }, out: { type: 'string' } } });
    const { verifierKey } = await createKeyFile(
      required(values.out, 'out'),
      required(values.name, 'name'),
      1,
    );
    console.log(verifierKey.text);
    return exitCodes.ok;
  },
};

const init: Command = {
  name: 'release init',
  summary: 'draft the first policy of a new log',
  help: `Usage: waxseal release init --log ORIGIN --publisher VKEY... --threshold N --out FILE [--key FILE [--yes]]

Drafts entry 0 of a log. Its own threshold has to sign it (waxseal release sign); then waxseal log init takes it.

Options:
  --log ORIGIN       name of the log for ever, such as example.org/waxseal-log
  --publisher VKEY   verifier key of a publisher, as release keygen prints it; once for each
  --threshold N      how many of them must approve a program
  --out FILE         where to write the draft; never over an existing file
  --key FILE         sign it at once with this publisher's key, after showing it
  --yes              sign without asking, for scripts
  --not-before TIME  date of the statement, such as 2026-11-22T14:00:00Z (now)

Exit codes: 0 written, 30 an option or a file is malformed.`,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        log: { type: 'string' },
        publisher: { type: 'string', multiple: true },
        threshold: { type: 'string' },
        out: { type: 'string' },
        key: { type: 'string' },
        yes: { type: 'boolean' },
        'not-before': { type: 'string' },
      },
    });
    const out = required(values.out, 'out');
    const statement = readPredicate('policy', {
      log: required(values.log, 'log'),
      policy: null,
      notBefore: formatTime(startTime(values['not-before'])),
      critical: true,
      publishers: readPublishers(values.publisher),
      threshold: requiredInteger(values.threshold, 'threshold'),
    });
    let entry = await makeEntry(statement, []);
    if (values.key !== undefined) entry = await signWithKeyFile(entry, values.key, null, { yes: values.yes });
    await writeDraft(out, entry, null);
    return exitCodes.ok;
  },
};

const onlyFile = (positionals: string[]): string => {
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) throw releaseCommandError('WAX_RELEASECMD_OPTION', 'one FILE');
  return file;
};

const sign: Command = {
  name: 'release sign',
  summary: 'read a draft, and add your signature to it',
  help: `Usage: waxseal release sign FILE --key FILE [--domain FILE | --policy FILE] [--yes]

Says in plain language what the draft does, asks, and adds a signature to the same file. Several publishers sign
one after another; the order does not matter.

Options:
  --key FILE         your key, made by waxseal release keygen
  --yes              sign without asking, for scripts
${contextHelp}
                     With one of them, only a publisher's key signs, and you see who has signed already.

Exit codes: 0 signed, 30 not signed; the code printed says why.`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { ...contextOptions, key: { type: 'string' }, yes: { type: 'boolean' } },
    });
    const file = onlyFile(positionals);
    const keyFile = required(values.key, 'key');
    const context = await findContext(values);
    const signed = await signWithKeyFile(await readInput(file), keyFile, context, { yes: values.yes });
    await replaceDraft(file, signed);
    console.log(await nextStep(file, signed, context?.policy ?? null));
    return exitCodes.ok;
  },
};

const show: Command = {
  name: 'release show',
  summary: 'say what a draft or an entry does',
  help: `Usage: waxseal release show FILE [--domain FILE | --policy FILE]

Says in plain language what a draft or an entry does, and who has signed it.

Options:
${contextHelp}

Exit codes: 0 shown, 30 it cannot be read.`,
  async run(args) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: contextOptions });
    const context = await findContext(values);
    console.log((await summarise(await readInput(onlyFile(positionals)), context)).join('\n'));
    return exitCodes.ok;
  },
};

const files: Command = {
  name: 'release files',
  summary: 'print the hash of the files of a built extension',
  help: `Usage: waxseal release files DIR|FILE [--list | --json]

Prints the hash that an extension release in the log names, for a build, a package of a store (zip, crx, xpi), or what
a browser has installed: the SHA-256 of the sorted list of all files and their hashes, without what stores add.

Options:
  --list   print the list itself
  --json   print one JSON object: manifestSha256, files

Exit codes: 0 printed, 30 the folder or package is not that of an extension.`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { list: { type: 'boolean' }, json: { type: 'boolean' } },
    });
    const list = formatList(await readCopy(onlyFile(positionals)));
    const manifestSha256 = hashFiles(list);
    const names = list
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(65));
    if (values.json) console.log(JSON.stringify({ manifestSha256, files: names }));
    else console.log(values.list ? list.trimEnd() : manifestSha256);
    return exitCodes.ok;
  },
};

export const releaseCommands: readonly Command[] = [
  ...[keygen, init, ...draftCommands, sign, show],
  ...[files, measureCommand, checkCommand, acpiCommand],
];
