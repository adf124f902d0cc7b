/**
 * `npm run image:try`: builds a test image (with the simulator, which no production image has), starts it in QEMU
 * without special hardware, lets two publishers approve exactly it, and holds a sealed chat with it, once from
 * `waxseal chat` and once from the extension in a real Chromium. Ends with 0 only if all of it came true.
 */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exit } from 'node:process';
import { buildForDemo } from '../demo/build.ts';
import { extensionId, openChromium } from '../demo/chromium.ts';
import { allowSite, exportReport, finishFirstRun, sealedBox, write } from '../demo/person.ts';
import { freePort, runCommand } from '../demo/service.ts';
import { type EnclaveProgram, type Stack, startStack } from '../demo/stack.ts';
import { demoModels } from '../enclave-server/demo-config.ts';
import { measureInstalled } from '../enclave-server/measure.ts';
import { type BuiltImage, buildImage } from './image.ts';
import { fetchOptions, imageFolder, readFetch, readOptions } from './options.ts';
import { boot } from './qemu.ts';

const say = (line = '') => console.log(line);
const prompt = 'explain attestation';

/** What the simulator in the guest reports: the digest of the very files that lie in the archive. */
async function measureImage({ config }: BuiltImage, tree: string): Promise<object> {
  const code = join(tree, 'app');
  const { launchDigest, ...fields } = await measureInstalled({
    ...{ code, config, configPath: join(code, 'enclave.json') },
    ...{ models: join(tree, 'models'), runtime: join(tree, 'bin/node') },
  });
  return { measurements: { 'sev-snp-simulated': [{ shape: 'simulated', launchDigest }] }, ...fields };
}

/** The image as the program that the stack runs. */
function imageProgram(
  fetching: ReturnType<typeof readFetch>,
  { firmware, memoryMib, tree }: { firmware: string | null; memoryMib: number; tree: string },
): EnclaveProgram {
  const out = imageFolder('test');
  return {
    recipe: 'image/image.ts',
    async measure(configPath) {
      const image = await buildImage({
        ...fetching,
        ...{
          kind: 'test',
          config: configPath,
          models: demoModels,
          modelOnDisk: false,
          firmware: null,
          out,
          tree,
        },
        onStep: (step) => say(`Image        ${step} …`),
      });
      return measureImage(image, tree);
    },
    async start() {
      const startedAt = performance.now();
      const port = await freePort();
      const guest = boot({
        ...{ kernel: join(out, 'kernel'), initramfs: join(out, 'initramfs'), port, firmware, memoryMib },
        commandLine: await readFile(join(out, 'cmdline'), 'utf8'),
        console: join(out, 'console.log'),
      });
      await guest.listening;
      say(`Guest        listens after ${Math.round((performance.now() - startedAt) / 1000)} s`);
      return { port, stop: guest.stop };
    },
  };
}

async function chatFromTerminal(stack: Stack): Promise<string> {
  const output = await runCommand([
    ...['chat', stack.service, prompt, '--domain', stack.domainFile, '--allow-simulator', '--json'],
  ]);
  return (JSON.parse(output) as { answer: string }).answer;
}

async function chatFromExtension(stack: Stack, folder: string): Promise<{ answer: string; verdict: string }> {
  const extension = join(folder, 'extension');
  await cp(await buildForDemo('e2e'), extension, { recursive: true });
  await cp(stack.domainFile, join(extension, 'waxseal-domain.json'));
  const context = await openChromium({ extension, profile: join(folder, 'profile'), headless: true });
  try {
    const id = await extensionId(context);
    await finishFirstRun(context, id);
    await allowSite(context, id, stack.webChat.url);
    const page = await context.newPage();
    await page.goto(stack.webChat.url);
    const box = await sealedBox(page, id);
    await write(page, box, prompt);
    await box.locator('.answer .answer-tools').waitFor({ timeout: 300_000 });
    const answer = (await box.locator('.answer-text').first().innerText()).trim();
    return { answer, verdict: (await exportReport(page, box)).verdict };
  } finally {
    await context.close();
  }
}

async function main(): Promise<boolean> {
  const values = readOptions({
    ...fetchOptions,
    firmware: { type: 'string' },
    memory: { type: 'string', default: '1536' },
  });
  const folder = await mkdtemp(join(tmpdir(), 'waxseal-image-try-'));
  const program = imageProgram(readFetch(values), {
    firmware: values.firmware ?? null,
    memoryMib: Number(values.memory),
    tree: join(folder, 'tree'),
  });
  try {
    const stack = await startStack(folder, say, program);
    try {
      const fromTerminal = await chatFromTerminal(stack);
      say(`\nwaxseal chat: ${fromTerminal}`);
      const { answer, verdict } = await chatFromExtension(stack, folder);
      say(`\nextension (${verdict}): ${answer}`);
      return fromTerminal.length > 20 && answer.length > 20 && verdict === 'pass';
    } finally {
      await stack.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const good = await main();
say(good ? '\nAll of it is true.' : '\nSomething above is not true.');
exit(good ? 0 : 1);
