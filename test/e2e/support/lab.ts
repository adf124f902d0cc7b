/**
 * A real Chromium with the real extension in it, in front of a real enclave process behind a hostile proxy,
 * and a log that can be made to lie.
 */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page, Request } from 'playwright';
import { extensionId, openChromium } from '../../../demo/chromium.ts';
import { finishFirstRun } from '../../../demo/person.ts';
import type { JsonValue } from '../../../protocol/json.ts';
import type { ReleaseFields } from '../../../protocol/log/kinds/release.ts';
import type { VerificationReport } from '../../../protocol/report.ts';
import { extensionFolder } from '../../../scripts/build-extension.ts';
import type { HostileProxy } from '../../support/hostile-proxy.ts';
import { type LogBuilder, releaseFields } from '../../support/log-builder.ts';
import type { RunningEnclave } from './enclave.ts';
import { type LabLog, startLabLog } from './lab-log.ts';

/** Release fields that approve a measured enclave. */
export function approvalOf({ measurement }: RunningEnclave, at: number): ReleaseFields {
  const { launchDigest, ...rest } = measurement;
  return releaseFields(at, {
    ...rest,
    measurements: { 'sev-snp-simulated': [{ shape: 'this machine', registers: { launchDigest } }] },
  });
}

export interface LabOptions {
  enclave: RunningEnclave;
  proxy: HostileProxy;
  /** Adds entries and publishes; the release of the enclave, unless said. */
  prepareLog?: (log: LogBuilder, approval: ReleaseFields) => Promise<void>;
  /** How long ago the log began, in milliseconds; ten minutes unless said. */
  logAgeMs?: number;
  /** Changes to the trust domain file. */
  domain?: { [key: string]: JsonValue };
}

export interface Lab {
  context: BrowserContext;
  log: LabLog;
  id: string;
  /** Folder of the browser's profile. */
  profile: string;
  /** Bodies of all requests that any page, frame or worker of the browser made. */
  sent: Buffer[];
  /** Opens a page of the extension in a tab. */
  open(page: string): Promise<Page>;
  close(): Promise<void>;
}

/** Starts the log, and writes the trust domain file for it; the enclave and the proxy are the caller's. */
export async function startLab(options: LabOptions): Promise<{ log: LabLog; domain: string }> {
  const { enclave, proxy, prepareLog, logAgeMs = 600_000, domain = {} } = options;
  const log = await startLabLog(logAgeMs);
  const approval = approvalOf(enclave, log.builder.now);
  if (prepareLog) await prepareLog(log.builder, approval);
  else {
    await log.builder.release(approval);
    await log.builder.publish({ at: Date.now() });
  }
  const enclaves = [{ service: proxy.url, name: 'Fernhill', product: approval.product, machines: false }];
  return { log, domain: JSON.stringify(log.builder.domainFile({ enclaves, ...domain })) };
}

/** Starts log and browser, with first run done. */
export async function openLab(options: LabOptions): Promise<Lab> {
  const { log, domain } = await startLab(options);
  const scratch = await mkdtemp(join(tmpdir(), 'waxseal-lab-'));
  const extension = join(scratch, 'extension');
  await cp(extensionFolder('e2e', 'chrome'), extension, { recursive: true });
  await writeFile(join(extension, 'waxseal-domain.json'), domain);
  const profile = join(scratch, 'profile');
  const context = await openChromium({ extension, profile, headless: true });
  const sent: Buffer[] = [];
  context.on('request', (request: Request) => {
    const body = request.postDataBuffer();
    if (body) sent.push(body);
  });
  const id = await extensionId(context);
  const open = async (page: string) => {
    const opened = await context.newPage();
    await opened.goto(`chrome-extension://${id}/${page}`);
    return opened;
  };
  await finishFirstRun(context, id);
  return {
    context,
    log,
    id,
    profile,
    sent,
    open,
    close: async () => {
      await context.close();
      await log.close();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

/** Sends a prompt in a chat view, as soon as sending is possible. */
export async function sendPrompt(panel: Page, prompt: string): Promise<void> {
  await panel.locator('textarea').fill(prompt);
  await panel.locator('button.send:enabled').click({ timeout: 20_000 });
}

/** Waits until the verdict reads so. */
export async function waitForWord(panel: Page, word: string): Promise<void> {
  await panel.locator('.verdict-word', { hasText: word }).waitFor({ timeout: 20_000 });
}

/** Codes of the rows that failed. */
export function failedCodes(report: VerificationReport): (string | null)[] {
  return report.rows.filter((row) => row.state === 'fail').map((row) => row.code);
}

/** Every spelling of a prompt that would give it away in a body. */
export function leaks(bodies: readonly Buffer[], prompt: string): boolean {
  const text = Buffer.from(prompt);
  const spellings = [
    text,
    Buffer.from(text.toString('base64').slice(0, -4)),
    Buffer.from(text.toString('hex')),
    Buffer.from(encodeURIComponent(prompt)),
    Buffer.from(prompt, 'utf16le'),
  ];
  return bodies.some((body) => spellings.some((spelling) => body.includes(spelling)));
}
