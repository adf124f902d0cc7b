/** What a person would do in the browser: finish the first run, allow a site, type into the sealed box. */
import type { BrowserContext, Frame, Page } from 'playwright';
import type { VerificationReport } from '../protocol/report.ts';

/** Asks the background as one of the extension's own pages does. */
async function ask(
  context: BrowserContext,
  id: string,
  page: string,
  type: string,
  body: object,
): Promise<void> {
  const tab = await context.newPage();
  await tab.goto(`chrome-extension://${id}/${page}.html`);
  const reply = await tab.evaluate(
    (message) => {
      const { chrome } = globalThis as unknown as {
        chrome: { runtime: { sendMessage(message: unknown): Promise<{ ok: boolean; code?: string }> } };
      };
      return chrome.runtime.sendMessage(message);
    },
    { type, body },
  );
  await tab.close();
  if (!reply.ok) throw new Error(`${type}: ${reply.code}`);
}

/** Picks a seal and passes the lesson. */
export async function finishFirstRun(context: BrowserContext, id: string): Promise<void> {
  const seal = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64');
  await ask(context, id, 'welcome', 'settings/seal', { seal });
  await ask(context, id, 'welcome', 'settings/first-run', {});
}

/** Allows the sealed box on a site, as the popup's button does. */
export function allowSite(context: BrowserContext, id: string, site: string): Promise<void> {
  return ask(context, id, 'popup', 'grants/add', { site });
}

/** Waits for the sealed box in a page and returns its frame; the page itself cannot reach it. */
export async function sealedBox(page: Page, id: string): Promise<Frame> {
  for (let tries = 0; tries < 200; tries++) {
    // With a dynamic address the frame goes by a name that changes with every browser session.
    const frame = page.frames().find((candidate) => candidate.url().includes('composer.html'));
    if (frame && (await frame.locator('textarea').count()) > 0) return frame;
    await page.waitForTimeout(100);
  }
  throw new Error(`No sealed box on ${page.url()} (extension ${id})`);
}

/** Types a prompt with the keyboard and sends it. */
export async function write(page: Page, box: Frame, prompt: string): Promise<void> {
  const area = box.locator('textarea');
  await area.click();
  await page.keyboard.type(prompt, { delay: 15 });
  await box.locator('button.send:enabled').waitFor({ timeout: 30_000 });
  await page.keyboard.press('Enter');
}

/** The report that a chat view in `page` shows, as a person exports it; leaves the chain open. */
export async function exportReport(page: Page, box: Frame | Page): Promise<VerificationReport> {
  await box.locator('button.frame-verdict, button.verdict').first().click();
  const download = page.waitForEvent('download');
  await box.getByRole('button', { name: 'Export report' }).click();
  const stream = await (await download).createReadStream();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as VerificationReport;
}
