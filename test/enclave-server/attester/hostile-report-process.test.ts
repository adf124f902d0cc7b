/** A report process that somebody has taken over, and what it can do to the server by the line between them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openTsm } from '../../../enclave-server/attester/tsm/source.ts';

const folder = mkdtempSync(join(tmpdir(), 'waxseal-hostile-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A process that is good until it is asked for a report, and then does `act` with what was sent. */
function taken(name: string, act: string): string {
  const script = join(folder, `${name}.mjs`);
  writeFileSync(
    script,
    `import { writeSync } from 'node:fs'; import { Socket } from 'node:net';
     const say = (text) => {
       for (let rest = Buffer.from(text); rest.length > 0; ) {
         try { rest = rest.subarray(writeSync(3, rest)); } catch (error) { if (error.code !== 'EAGAIN') process.exit(); }
       }
     };
     const answer = (value) => say(JSON.stringify(value) + '\\n');
     const report = { type: 'report', outblob: 'AAAA', auxblob: '' };
     const socket = new Socket({ fd: 3 });
     socket.on('close', () => process.exit());
     socket.on('data', (bytes) => {
       if (String(bytes).includes('"open"')) return answer({ type: 'opened', provider: 'sev_guest' });
       ${act}
     });`,
  );
  return script;
}

describe('a report process that was taken over', { timeout: 60_000 }, () => {
  it.each([
    ['sends a line without an end', `for (let count = 0; count < 4096; count++) say('x'.repeat(65536));`],
    ['sends what is no JSON', `say('report\\n');`],
    ['sends what is no answer', `answer({ type: 'report', outblob: ['AAAA'], auxblob: '' });`],
  ])('and %s gives no report and is ended', async (name, act) => {
    const rss = process.memoryUsage().rss;
    const source = await openTsm({ script: taken(name, act), folder });
    await expect(source.report(new Uint8Array(64))).rejects.toThrow(/WAX_ENCLAVE_REPORT: .*not an answer/);
    expect(process.memoryUsage().rss - rss).toBeLessThan(128 << 20);
    // The next one is started anew, and does the same.
    await expect(source.report(new Uint8Array(64))).rejects.toThrow(/WAX_ENCLAVE_REPORT: .*not an answer/);
    await source.close();
  });

  it('and answers twice is ended before the second passes for the answer to another question', async () => {
    const source = await openTsm({ script: taken('twice', 'answer(report); answer(report);'), folder });
    expect((await source.report(new Uint8Array(64))).evidence).toHaveLength(3);
    await new Promise((resolve) => setTimeout(resolve, 200));
    // A process of its own again, which is asked once.
    expect((await source.report(new Uint8Array(64))).evidence).toHaveLength(3);
    await source.close();
  });
});
