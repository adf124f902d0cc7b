import { CodedError } from '../../protocol/errors.ts';
import { byId, type Child, h } from './dom.ts';
import { type MarkName, mark } from './icons.ts';
import type { CheckedLog } from './load.ts';
import { formatAgo, formatNumber, plural } from './words.ts';

const DAY = 86_400_000;

interface Verdict {
  kind: 'checking' | 'passed' | 'paused' | 'failed';
  strong: string;
  rest: Child;
}

const MARK: Record<Verdict['kind'], MarkName> = {
  checking: 'checking',
  passed: 'passed',
  paused: 'paused',
  failed: 'failed',
};

/** Says, above everything else on the page, what it is worth. */
function show({ kind, strong, rest }: Verdict, how: HTMLElement | null): void {
  const line = byId('verdict');
  line.className = `verdict verdict-${kind}`;
  line.setAttribute('role', kind === 'failed' ? 'alert' : 'status');
  line.replaceChildren(
    mark(MARK[kind], 22),
    h('p', {}, h('strong', {}, strong), ' ', rest),
    ...(how ? [how] : []),
  );
}

export function showProgress(done: number, size: number): void {
  const rest = done === 0 ? '' : `${formatNumber(done)} so far.`;
  show({ kind: 'checking', strong: `Checking ${plural(size, 'entry', 'entries')}…`, rest }, null);
}

export function showChecked(log: CheckedLog, now: number): void {
  const { cosignatures, witnesses, quorum, checkpoint } = log;
  const byAge = cosignatures.map(({ at }) => at).sort((a, b) => b - a);
  const quorumAt = byAge[quorum - 1] ?? 0;
  const downloaded = `It downloaded ${checkpoint.size === 1 ? 'the one entry' : `all ${formatNumber(checkpoint.size)} entries`}, rebuilt the root`;
  if (now - quorumAt > DAY) {
    const rest = `${downloaded}, but the witnesses last signed it ${formatAgo(quorumAt, now)}. Something may have been revoked since.`;
    show({ kind: 'paused', strong: 'Checked, and too old to rely on.', rest }, how());
    return;
  }
  const matched = `${cosignatures.length} of ${witnesses.length} witnesses`;
  const rest = h(
    'span',
    {},
    h(
      'span',
      { class: 'wide' },
      `${downloaded} and matched it with ${matched}. Nothing on this page is taken on trust.`,
    ),
    h('span', { class: 'narrow' }, `All ${plural(checkpoint.size, 'entry', 'entries')}, ${matched}.`),
  );
  show({ kind: 'passed', strong: 'Checked in your browser just now.', rest }, how());
}

/** Nothing is shown of a log that failed: only why. */
export function showFailure(error: unknown): void {
  const isUnreachable = error instanceof CodedError && /UNREACHABLE|QUORUM/.test(error.code);
  const rest =
    error instanceof CodedError ? error.message : 'This page failed. That says nothing about the log.';
  show(
    {
      kind: isUnreachable || !(error instanceof CodedError) ? 'paused' : 'failed',
      strong: 'Not verified.',
      rest,
    },
    null,
  );
}

/** What the check consists of, and what it cannot know. */
function how(): HTMLElement {
  const points = [
    'Your browser fetched the checkpoint, and checked the log’s signature and those of the witnesses.',
    'It fetched every entry, hashed them into a tree, and got the root that log and witnesses signed.',
    'It checked each entry’s signatures under the rules in force before it, as the extension does.',
    'What it cannot know: this page and the keys in it come from the log’s own server. Compare the keys with those in Waxseal’s options, or run waxseal audit, which trusts neither.',
  ];
  return h(
    'details',
    { class: 'how' },
    h('summary', {}, 'How?'),
    h(
      'div',
      { class: 'how-box' },
      h('ul', {}, ...points.map((point) => h('li', {}, point))),
      h('p', {}, h('a', { href: '/api/v1/status' }, 'The keys')),
    ),
  );
}
