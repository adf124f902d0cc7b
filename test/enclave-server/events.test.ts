import { describe, expect, it } from 'vitest';
import { bucket, EventList } from '../../enclave-server/events.ts';

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
