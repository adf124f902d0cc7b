import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { enclaveCommands } from '../../bin/commands/enclave.ts';

const command = (name: string) => {
  const found = enclaveCommands.find((one) => one.name === name);
  if (!found) throw new Error(`no command ${name}`);
  return found;
};

describe('waxseal enclave', () => {
  it.each(['enclave serve', 'enclave measure'])(
    '%s needs a configuration and refuses unknown options',
    async (name) => {
      await expect(command(name).run([])).rejects.toThrow('WAX_ENCLAVECOMMAND_OPTION');
      await expect(command(name).run(['--configuration', 'x'])).rejects.toThrow(TypeError);
      expect(command(name).help).toContain(`Usage: waxseal ${name} `);
    },
  );

  it('measure refuses a configuration that is not there', async () => {
    await expect(command('enclave measure').run(['--config', '/none'])).rejects.toThrow(
      'WAX_ENCLAVECOMMAND_OPTION',
    );
  });

  it('measure refuses a configuration that the server would refuse', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'waxseal-test-')), 'enclave.json');
    writeFileSync(path, '{"format":"waxseal-enclave/1"}');
    await expect(command('enclave measure').run(['--config', path])).rejects.toThrow(
      /WAX_ENCLAVE(_CONFIG|COMMAND_BUNDLE)/,
    );
  });
});
