import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bucket, counted, EventList, notices } from '../../enclave-server/events.ts';

describe('the event list', () => {
  it('rounds counts up, so that one more or less person changes no line', () => {
    expect([0, 1, 9, 10, 11, 20, 21, 50, 51, 100, 101, 999, 1001].map(bucket)).toEqual([
      0, 10, 10, 10, 20, 20, 50, 50, 100, 100, 200, 1000, 2000,
    ]);
  });

  it('says counts only when asked to sum up, and nothing when nothing happened', () => {
    const lines: string[] = [];
    const events = new EventList((line) => lines.push(line));
    events.summarise();
    events.count('turns');
    events.count('turns');
    expect(lines).toEqual([]);
    events.summarise();
    events.summarise();
    events.stop();
    const atMost = {
      offers: 0,
      'offers-refused': 0,
      'requests-refused': 0,
      turns: 10,
      'turns-failed': 0,
      'turns-shed': 0,
      'readers-dropped': 0,
      'connections-refused': 0,
    };
    expect(lines.map((line) => JSON.parse(line))).toEqual([{ event: 'minute', atMost }]);
  });

  it('says what cannot be counted when it happens, without any number', () => {
    const lines: string[] = [];
    const events = new EventList((line) => lines.push(line));
    events.notice('engine-crashed');
    events.stop();
    expect(lines).toEqual(['{"event":"engine-crashed"}']);
  });
});

describe('what the server says', () => {
  const guide = readFileSync(new URL('../../docs/operators.md', import.meta.url), 'utf8');
  const section = /\n### Look at it\n(.*?)\n### /s.exec(guide)?.[1] ?? '';
  /** First cells of the table under that heading. */
  const rows = (heading: string) => {
    const table = section.slice(section.indexOf(`| ${heading} |`)).split('\n\n')[0] ?? '';
    return [...table.matchAll(/^\| `([a-z-]+)` \| [^|]*[a-z]/gm)].map(([, name]) => name);
  };

  it('is in the operator’s guide, event by event, and nothing else is', () => {
    expect(rows('event').sort()).toEqual(['listening', 'minute', ...notices].sort());
    expect(rows('count').sort()).toEqual([...counted].sort());
  });

  it('is said by the event list, and where the server starts; no other file can print', () => {
    const folder = new URL('../../enclave-server/', import.meta.url);
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    expect(names.length).toBeGreaterThan(40);
    const prints = (name: string) =>
      /\bconsole\b|process\.(stdout|stderr|emitWarning|report)\b|\bdebuglog\b|node:(trace_events|inspector|console)/.test(
        readFileSync(new URL(name, folder), 'utf8'),
      );
    expect(names.filter(prints)).toEqual(['main.ts']);
    const main = readFileSync(new URL('main.ts', folder), 'utf8');
    // Events, and the one sentence of a server that does not start.
    expect(main.match(/console\.\w+\(.*\)/g)).toEqual([
      "console.error(error instanceof CodedError ? error.message : 'The enclave server could not start.')",
      'console.log(line))',
    ]);
  });
});
