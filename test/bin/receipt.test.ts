import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { chatCommand } from '../../bin/commands/chat.ts';
import { verifyCommand } from '../../bin/commands/verify.ts';
import { entriesPath } from '../../protocol/log/tiles.ts';
import { scriptedEngine } from '../support/enclave.ts';
import { type SealedWorld, startSealedWorld } from '../support/sealed-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'waxseal-receipt-'));
const path = (name: string) => join(folder, name);
const rules = () => ['--domain', path('domain.json'), '--allow-simulator'];
let world: SealedWorld;
let lines: string[] = [];

beforeAll(async () => {
  world = await startSealedWorld(
    scriptedEngine(async (_job, onText) => {
      onText('A sealed answer.');
      return { finish: 'stop', promptTokens: 1, completionTokens: 3 };
    }),
  );
  writeFileSync(path('domain.json'), world.domain);
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(console, 'log').mockImplementation((text: string) => void lines.push(text));
});
afterEach(() => {
  lines = [];
});
afterAll(async () => {
  vi.restoreAllMocks();
  await world.close();
});

describe('waxseal chat --receipt and waxseal verify --receipt', () => {
  it('keeps a receipt without prompt or answer, and checks it with the service gone', async () => {
    const receipt = path('answer.json');
    expect(await chatCommand.run([world.service, 'A private word', ...rules(), '--receipt', receipt])).toBe(
      0,
    );
    const text = readFileSync(receipt, 'utf8');
    expect(text).not.toContain('private');
    expect(text).not.toContain('sealed answer');
    const fetching = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('nobody may be asked'));
    expect(await verifyCommand.run(['--receipt', receipt, ...rules()])).toBe(0);
    expect(fetching).not.toHaveBeenCalled();
    fetching.mockRestore();
    expect(lines.join('\n')).toContain('Every check passed, as of 20');
    expect(lines.join('\n')).toContain('It does not show what was asked or said.');
  });

  it('reads the approval from the log, or from a copy of its files', async () => {
    const { origin } = new URL(JSON.parse(world.domain).log.url);
    const copy = path('copy');
    const file = entriesPath(0, world.log.size);
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    writeFileSync(join(copy, file), world.log.file(file) ?? new Uint8Array());
    for (const log of [origin, copy]) {
      lines = [];
      const args = ['--receipt', path('answer.json'), ...rules(), '--log', log, '--json'];
      expect(await verifyCommand.run(args)).toBe(0);
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ verdict: 'pass', approval: 'read' });
    }
    const nowhere = ['--receipt', path('answer.json'), ...rules(), '--log', path('none')];
    await expect(verifyCommand.run(nowhere)).rejects.toThrow('WAX_SYNC_STATUS');
  });

  it('exits with 10 for a receipt of an unapproved kind of evidence, and refuses a file that is none', async () => {
    const receipt = ['--receipt', path('answer.json'), '--domain', path('domain.json')];
    expect(await verifyCommand.run(receipt)).toBe(10);
    expect(lines.join('\n')).toContain('Refused.');
    await expect(verifyCommand.run(['--receipt', path('domain.json'), ...rules()])).rejects.toThrow(
      'WAX_RECEIPT_FORM',
    );
    await expect(verifyCommand.run(['--receipt', path('answer.json')])).rejects.toThrow(
      'WAX_CLIENTCOMMAND_OPTION',
    );
  });
});
