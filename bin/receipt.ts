/** Checks a receipt for `waxseal verify --receipt`: offline, or against a log or a copy of one. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openLogFiles } from '../extension/session/log-files.ts';
import { hardwareVerifiers } from '../protocol/attestation/hardware.ts';
import { simulatorVerifier } from '../protocol/attestation/simulator.ts';
import { emptyState, type Grown, Growth } from '../protocol/log/state.ts';
import { parseTrustDomain, type TrustDomain } from '../protocol/policy.ts';
import { parseReceipt } from '../protocol/receipt/receipt.ts';
import { type ReceiptReport, receiptLogSize, verifyReceipt } from '../protocol/receipt/verify-receipt.ts';
import { readInput } from './client.ts';
import { reportLines } from './report-text.ts';

export interface ReceiptOptions {
  receipt: string;
  domain: string;
  /** Origin of a log, or folder with a copy of its files; undefined to ask nobody. */
  log: string | undefined;
  allowSimulator: boolean;
}

/** The files of a copy of a log, in the way that `fetch` gives those of a log. */
function folderFetch(folder: string): typeof fetch {
  return async (input) => {
    const path = new URL(String(input)).pathname.split('/').map(decodeURIComponent);
    const body = await readFile(join(folder, ...path)).catch(() => null);
    return body === null ? new Response(null, { status: 404 }) : new Response(body);
  };
}

/** What the first `size` entries of the log add up to; all are read, whatever the receipt is about. */
async function readEntries(log: string, size: number, domain: TrustDomain): Promise<Grown> {
  const remote = /^https?:\/\//.test(log);
  const files = openLogFiles({
    url: remote ? log.replace(/\/$/, '') : 'file://',
    fetch: remote ? fetch : folderFetch(log),
  });
  const growth = new Growth(emptyState(domain), domain.log.pin.size);
  while (growth.size < size) await growth.append((await files.entries(growth.size, size)).entries);
  const state = growth.state();
  return state.pending ?? state;
}

/** @throws a coded error when the receipt or the log cannot be read */
export async function checkReceipt(options: ReceiptOptions): Promise<ReceiptReport> {
  const domain = parseTrustDomain(await readInput(options.domain));
  const receipt = parseReceipt(await readInput(options.receipt));
  const size = receiptLogSize(receipt, domain);
  return verifyReceipt(receipt, {
    domain,
    verifiers: options.allowSimulator ? [...hardwareVerifiers, simulatorVerifier] : hardwareVerifiers,
    now: Date.now(),
    entries: options.log === undefined ? null : await readEntries(options.log, size, domain),
  });
}

const marks = { pass: '✓', fail: '✗', skipped: '–' } as const;

/** What a terminal shows of it. */
export function receiptLines({ report, checks, approval, verdict }: ReceiptReport): string[] {
  const own = checks.map(
    ({ state, text, code }) => `${marks[state]} receipt     ${text}${code ? `  [${code}]` : ''}`,
  );
  return [
    ...reportLines(report),
    ...own,
    '',
    verdict === 'pass' ? `Every check passed, as of ${report.checkedAt}.` : 'Refused.',
    approval === 'read'
      ? 'The approval was found in the entries of the log.'
      : 'The approval is told by the receipt itself; --log reads it from the log.',
    'It shows which program answered at that key. It does not show what was asked or said.',
    ...(report.simulated ? ['Simulated, not private. Its operator can read it.'] : []),
  ];
}
