/** `npm start`: the whole stack, kept running for a person to click through, or for a script. */
import { cp, mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { argv } from 'node:process';
import { parseArgs } from 'node:util';
import { buildForDemo } from './build.ts';
import { hasDisplay, openChromium } from './chromium.ts';
import { type Stack, startStack } from './stack.ts';

const help = `Usage: npm start -- [--no-browser] [--json]

Starts a transparency log, three witnesses, a simulated enclave server and a web chat on this computer, approves the
server in the log, builds the extension, and keeps all of it running until you press Ctrl-C.

Options:
  --no-browser   do not open Chromium
  --json         print one line of JSON when everything is ready: addresses, verifier keys, trust domain, extension`;

function whatToClick(
  { webChat, service, domainFile, log }: Stack,
  extension: string,
  browser: boolean,
): string {
  const open = browser
    ? 'Chromium is open. Waxseal is in its toolbar (behind the puzzle piece).'
    : `Open chrome://extensions in Chromium, switch on developer mode, and load ${extension}`;
  return `
Everything is running. The enclave is simulated: nothing here is private.

1. ${open}
2. Click the Waxseal icon, then "Set up", and pick your seal.
3. Open ${webChat.url}, click the icon again and choose "Use on 127.0.0.1".
4. Type into the sealed box. Click the words at its top to see every check.

From a terminal:
  npx waxseal verify ${service} --domain ${domainFile} --allow-simulator
  npx waxseal chat ${service} "explain attestation" --domain ${domainFile} --allow-simulator
  npx waxseal audit ${log.url} --domain ${domainFile}

Press Ctrl-C to stop.`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: argv.slice(2),
    options: {
      'no-browser': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const say = values.json ? () => {} : (line: string) => console.log(line);
  const folder = resolve('.waxseal', 'start');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  say('Building     enclave server and extension');
  const built = await buildForDemo('development');
  const stack = await startStack(folder, say);
  const extension = join(folder, 'extension');
  await cp(built, extension, { recursive: true });
  await cp(stack.domainFile, join(extension, 'waxseal-domain.json'));
  const browser = !values['no-browser'] && hasDisplay();
  const context = browser
    ? await openChromium({ extension, profile: join(folder, 'profile'), headless: false })
    : null;
  await (await context?.newPage())?.goto(stack.webChat.url);
  const stop = () => {
    void Promise.allSettled([context?.close(), stack.stop()]).then(() => process.exit(0));
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  if (values.json) {
    const { service, log, witnesses, domainFile, webChat } = stack;
    console.log(JSON.stringify({ service, log, witnesses, webChat: webChat.url, domainFile, extension }));
  } else say(whatToClick(stack, extension, browser));
}

await main();
