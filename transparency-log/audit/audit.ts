/**
 * Audits a transparency log from outside: everything that it serves, against everything that it and its witnesses signed.
 * @module
 */
import { equalBytes, toBase64 } from '../../protocol/bytes.ts';
import { CodedError } from '../../protocol/errors.ts';
import { checkCheckpoint } from '../../protocol/log/accept.ts';
import { type Checkpoint, parseCheckpoint, verifyCheckpoint } from '../../protocol/log/checkpoint.ts';
import { type Cosignature, verifyCosignatures } from '../../protocol/log/cosignature.ts';
import type { Evidence, LogIdentity } from '../../protocol/log/evidence.ts';
import { parseNote } from '../../protocol/log/note.ts';
import { emptyState } from '../../protocol/log/state.ts';
import { type TlogPolicy, verifyUnderPolicy } from '../../protocol/log/tlog-policy.ts';
import type { TrustDomain } from '../../protocol/policy.ts';
import type { HashTree } from '../hash-tree.ts';
import type { WitnessEndpoint } from '../witness/client.ts';
import { EntryAudit, requireAuthorised } from './authorisation.ts';
import { compareCheckpoints, type SignedCheckpoint } from './comparison.ts';
import { describeSecondOpinion, describeWitnesses } from './describe.ts';
import { downloadEntries, type ProgressListener, requireTiles } from './download.ts';
import { auditError } from './errors.ts';
import { LogReader } from './log-reader.ts';
import {
  type AuditCheck,
  type AuditCheckId,
  type AuditedEntries,
  type AuditReport,
  verdictOf,
} from './report.ts';
import { readLogStatus, SearchCheck } from './search-check.ts';
import { requireSecondOpinion } from './second-opinion.ts';
import { askWitnesses, readCheckpoint, type WitnessAnswer } from './witness-views.ts';

export interface AuditOptions {
  /** Prefix of the log, without a slash at the end. */
  url: string;
  /** Whose log it should be. */
  log: LogIdentity;
  /** Null for a log of which only key and origin are known: then quorum, pin and authorisation are not checked. */
  domain: TrustDomain | null;
  /** Whose cosignatures are enough, by a rule of the auditor's own; null for none. */
  policy?: TlogPolicy | null;
  /** Witnesses whose monitoring interface is asked. */
  witnesses?: readonly WitnessEndpoint[];
  /** The checkpoint of an earlier audit. */
  remembered?: string | null;
  fetch?: typeof globalThis.fetch;
  now?: () => number;
  /** For each request; 10 seconds unless given. */
  timeoutMs?: number;
  /** How long the log may stay behind a witness; 10 seconds unless given. */
  waitMs?: number;
  onProgress?: ProgressListener;
}

export interface AuditResult {
  report: AuditReport;
  /** The checkpoint to remember: null if its entries are not there or it contradicts another, so that the old one stays. */
  checkpoint: string | null;
}

/** Codes that say nothing against the log. */
const unreachable = ['WAX_AUDIT_UNREACHABLE', 'WAX_AUDIT_UNKNOWN_PAST', 'WAX_WITNESS_UNREACHABLE'];

class Audit {
  readonly #options: Required<AuditOptions>;
  readonly #reader: LogReader;
  readonly #checks: AuditCheck[] = [];
  #evidence: Evidence | null = null;

  constructor(options: Required<AuditOptions>) {
    this.#options = options;
    this.#reader = new LogReader(options);
  }

  async run(): Promise<AuditResult> {
    const { log, url, domain, now } = this.#options;
    const started = performance.now();
    const checkedAt = new Date(now()).toISOString();
    const answers = await askWitnesses(this.#options.witnesses, log, this.#options);
    const note = await this.#check('checkpoint', () => this.#readCheckpoint(answers), 'signed by the log');
    const checkpoint = note === null ? null : parseCheckpoint(parseNote(note).text);
    let entries: AuditedEntries | null = null;
    let cosignatures: Cosignature[] = [];
    if (note !== null && checkpoint !== null) {
      await this.#check(
        'acceptance',
        domain && (() => this.#requireAcceptance(note, domain)),
        (text) => text,
      );
      const { policy } = this.#options;
      if (policy !== null) {
        const check = () => requirePolicy(note, policy);
        await this.#check('policy', check, (text) => text);
      }
      cosignatures = await verifyCosignatures(parseNote(note), log.witnesses).catch(() => []);
      const audited = { note, checkpoint };
      const { tree, summary } = await this.#auditTree(checkpoint);
      entries = summary;
      await this.#compareHistory(audited, tree);
      await this.#compareWitnesses(audited, tree, answers);
    }
    const isWhole = this.#checks.some(({ id, state }) => id === 'root' && state === 'pass');
    return {
      report: {
        format: 'waxseal-audit/1',
        verdict: verdictOf(this.#checks),
        log: {
          url,
          origin: log.origin,
          size: checkpoint?.size ?? null,
          root: checkpoint && toBase64(checkpoint.root),
        },
        checks: this.#checks,
        witnesses: describeWitnesses(log, cosignatures, answers),
        entries,
        evidence: this.#evidence,
        checkedAt,
        tookMs: Math.round(performance.now() - started),
      },
      checkpoint: isWhole && this.#evidence === null ? note : null,
    };
  }

  /** Runs one check and keeps its outcome; null if it did not pass. A check of null has nothing to check. */
  async #check<Result>(
    id: AuditCheckId,
    check: (() => Result | Promise<Result>) | null,
    describe: string | ((result: Result) => string),
  ): Promise<Result | null> {
    if (check === null) {
      this.#checks.push({ id, state: 'skipped', code: null, text: 'nothing to check it against' });
      return null;
    }
    try {
      const result = await check();
      const text = typeof describe === 'string' ? describe : describe(result);
      this.#checks.push({ id, state: 'pass', code: null, text });
      return result;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      const { code, message } = error;
      this.#checks.push({ id, state: unreachable.includes(code) ? 'skipped' : 'fail', code, text: message });
      return null;
    }
  }

  async #readCheckpoint(answers: readonly WitnessAnswer[]): Promise<string> {
    const { log, waitMs } = this.#options;
    const note = await readCheckpoint(this.#reader, answers, claimedSize, waitMs);
    await verifyCheckpoint(note, log.key, log.origin);
    return note;
  }

  /** The same verdict as a client's that sees the log for the first time: quorum, age, clock. */
  async #requireAcceptance(note: string, domain: TrustDomain): Promise<string> {
    const context = { domain, state: emptyState(domain), systemTime: this.#options.now() };
    const checked = await checkCheckpoint(note, context);
    if (checked.ok)
      return `cosigned by ${checked.checkpoint.cosignatures.length} of ${domain.witnesses.length} witnesses`;
    const { code, detail } = checked.problem;
    throw new CodedError(code, 'A client would not accept the checkpoint', detail);
  }

  /** The tree comes back only if the entries lead to the signed root. */
  async #auditTree({
    size,
    root,
  }: Checkpoint): Promise<{ tree: HashTree | null; summary: AuditedEntries | null }> {
    const { domain, log, now, onProgress } = this.#options;
    const audit = domain && new EntryAudit(log.origin, domain.policyEntry);
    const search = new SearchCheck();
    const visit = async (entries: Uint8Array[]) => {
      search.add(entries);
      await audit?.add(entries);
    };
    const download = () => downloadEntries(this.#reader, size, visit, onProgress);
    const tree = await this.#check('entries', download, `${size} downloaded`);
    if (tree === null) {
      search.close();
      return { tree: null, summary: null };
    }
    const requireRoot = () => {
      if (!equalBytes(tree.root(), root)) throw auditError('WAX_AUDIT_ROOT', `size ${size}`);
      return tree;
    };
    const proven = await this.#check('root', requireRoot, 'the entries lead to the signed root');
    await this.#check('second-root', () => requireSecondOpinion(tree), describeSecondOpinion);
    await this.#check(
      'tiles',
      () => requireTiles(this.#reader, tree, onProgress),
      (count) => `${count} compared`,
    );
    await this.#check('pin', domain && (() => requirePin(tree, domain)), 'the tree contains the pinned one');
    const summary = audit?.summary(now()) ?? null;
    await this.#check(
      'authorisation',
      summary && (() => requireAuthorised(summary)),
      'every entry is authorised',
    );
    await this.#checkSearch(search, proven);
    return { tree: proven, summary };
  }

  /** Only entries that lead to the signed root say what a search must find. */
  async #checkSearch(search: SearchCheck, proven: HashTree | null): Promise<void> {
    const { log, domain } = this.#options;
    const status = await readLogStatus(this.#reader).catch((error: unknown) => {
      if (error instanceof CodedError) return error;
      throw error;
    });
    const compare = () => {
      if (status instanceof CodedError) throw status;
      return search.run(this.#reader, status ?? {}, log, domain?.policyEntry ?? null);
    };
    const check = status === null || proven === null ? null : compare;
    await this.#check('search', check, (count) => `${count} answers agree with the entries`);
    search.close();
  }

  async #compareHistory(audited: SignedCheckpoint, tree: HashTree | null): Promise<void> {
    const { remembered, log, now } = this.#options;
    const compare = (note: string) => () => {
      const earlier = { note, checkpoint: parseCheckpoint(parseNote(note).text) };
      const { size } = earlier.checkpoint;
      const sizes = `${audited.checkpoint.size} after ${size}`;
      const comparison = compareCheckpoints(log, earlier, audited, tree, now());
      if (comparison.outcome === 'unknown') throw auditError('WAX_AUDIT_UNKNOWN_PAST', sizes);
      if (comparison.outcome === 'extends') return size;
      this.#evidence = comparison.evidence;
      throw auditError(comparison.outcome === 'fork' ? 'WAX_AUDIT_FORK' : 'WAX_AUDIT_ROLLBACK', sizes);
    };
    const check = remembered === null ? null : compare(remembered);
    await this.#check('history', check, (size) => `extends the tree of ${size} entries audited before`);
  }

  async #compareWitnesses(
    audited: SignedCheckpoint,
    tree: HashTree | null,
    answers: readonly WitnessAnswer[],
  ): Promise<void> {
    const { log, now } = this.#options;
    const compare = () => {
      const problems = answers.map(({ name, view, error }) => {
        const comparison = view && compareCheckpoints(log, view, audited, tree, now());
        const detail = `${view?.checkpoint.size} by ${name}, ${audited.checkpoint.size} by the log`;
        if (comparison?.outcome === 'unknown') return auditError('WAX_AUDIT_UNKNOWN_PAST', detail);
        if (comparison?.outcome === 'smaller') return auditError('WAX_AUDIT_WITNESS_AHEAD', detail);
        if (comparison?.outcome !== 'fork') return error;
        this.#evidence ??= comparison.evidence;
        return auditError('WAX_AUDIT_FORK', detail);
      });
      const found = problems.filter((problem) => problem !== null);
      const worst = found.find(({ code }) => !unreachable.includes(code)) ?? found[0];
      if (worst !== undefined) throw worst;
    };
    await this.#check(
      'witness-views',
      answers.length === 0 ? null : compare,
      `${answers.length} show the same log`,
    );
  }
}

function claimedSize(note: string): number {
  try {
    return parseCheckpoint(parseNote(note).text).size;
  } catch {
    return 0;
  }
}

/** A policy file says nothing of time, so how old the quorum is stands in the text. */
async function requirePolicy(note: string, policy: TlogPolicy): Promise<string> {
  const { cosignatures } = await verifyUnderPolicy(note, policy).catch((error: unknown) => {
    if (!(error instanceof CodedError)) throw error;
    throw auditError('WAX_AUDIT_POLICY', `${error.code} ${error.detail}`.trim(), { cause: error });
  });
  const newest = Math.max(...cosignatures.map(({ at }) => at));
  const when = cosignatures.length === 0 ? '' : `, the last of them at ${new Date(newest).toISOString()}`;
  return `${cosignatures.length} of the ${policy.witnesses.length} witnesses of the policy cosigned${when}`;
}

function requirePin(tree: HashTree, { log: { pin } }: TrustDomain): void {
  if (tree.size < pin.size || !equalBytes(tree.root(pin.size), pin.root)) {
    throw auditError('WAX_AUDIT_PIN', `size ${pin.size}`);
  }
}

/** Audits a log. Whatever is wrong with the log is in the report; only a fault of this program throws. */
export function auditLog(options: AuditOptions): Promise<AuditResult> {
  const defaults = {
    policy: null,
    witnesses: [],
    remembered: null,
    fetch: globalThis.fetch,
    now: Date.now,
    timeoutMs: 10_000,
    waitMs: 10_000,
    onProgress: () => {},
  };
  return new Audit({ ...defaults, ...options }).run();
}
