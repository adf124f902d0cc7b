/** The line above everything else on the page, which says what the page is worth. @module */
import { CodedError } from '../../protocol/errors.ts';
import { type MarkName, mark } from './icons.ts';
import { type Child, h, type ViewNode } from './nodes.ts';
import type { LogSource } from './source.ts';
import { formatAgo, formatNumber, plural } from './words.ts';

const DAY = 86_400_000;

type Kind = 'unchecked' | 'checking' | 'passed' | 'paused' | 'failed';

const MARK: Record<Kind, MarkName> = {
  unchecked: 'open',
  checking: 'checking',
  passed: 'passed',
  paused: 'paused',
  failed: 'failed',
};

function line(kind: Kind, strong: string, rest: Child, how: ViewNode | null = null): ViewNode {
  return h(
    'div',
    { class: `verdict verdict-${kind}`, id: 'verdict', role: kind === 'failed' ? 'alert' : 'status' },
    mark(MARK[kind], 22),
    h('p', {}, h('strong', {}, strong), ' ', rest),
    how,
  );
}

/** What the server says of its own page. */
export function unchecked(): ViewNode {
  return line(
    'unchecked',
    'Not checked in your browser.',
    h(
      'span',
      {},
      'This is what the log’s own server says. With JavaScript the page checks it here; ',
      h('code', {}, 'waxseal audit'),
      ' does without a browser.',
    ),
  );
}

export function checking(done: number, size: number): ViewNode {
  const soFar = done === 0 ? '' : `${formatNumber(done)} so far. `;
  const rest = `${soFar}Until then this is what the log’s own server says.`;
  return line('checking', `Checking ${plural(size, 'entry', 'entries')}…`, rest);
}

export function checked({ witnesses, quorum, size }: LogSource, now: number): ViewNode {
  const times = witnesses.flatMap(({ at }) => (at === null ? [] : [at])).sort((a, b) => b - a);
  const quorumAt = times[quorum - 1] ?? 0;
  const downloaded = `It downloaded ${size === 1 ? 'the one entry' : `all ${formatNumber(size)} entries`}, rebuilt the root`;
  if (now - quorumAt > DAY) {
    const rest = `${downloaded}, but the witnesses last signed it ${formatAgo(quorumAt, now)}. Something may have been revoked since.`;
    return line('paused', 'Checked, and too old to rely on.', rest, how());
  }
  const matched = `${times.length} of ${witnesses.length} witnesses`;
  const rest = h(
    'span',
    {},
    h(
      'span',
      { class: 'wide' },
      `${downloaded} and matched it with ${matched}. Nothing on this page is taken on trust.`,
    ),
    h('span', { class: 'narrow' }, `All ${plural(size, 'entry', 'entries')}, ${matched}.`),
  );
  return line('passed', 'Checked in your browser just now.', rest, how());
}

/** Nothing is shown of a log that failed: only why. */
export function failed(error: unknown): ViewNode {
  const isCoded = error instanceof CodedError;
  const isPaused = !isCoded || /UNREACHABLE|QUORUM/.test(error.code);
  const rest = isCoded ? error.message : 'This page failed. That says nothing about the log.';
  return line(isPaused ? 'paused' : 'failed', 'Not verified.', rest);
}

/** What the check consists of, and what it cannot know. */
function how(): ViewNode {
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
