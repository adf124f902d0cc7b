/** The unit and the Containerfile: what can be tried of them without systemd as the first process and without podman. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { buildEnclaveBundle } from '../../../scripts/build-enclave.ts';
import { bundleFolder } from '../../support/scripted/bundle.ts';

const deploy = (name: string) =>
  fileURLToPath(new URL(`../../../enclave-server/deploy/${name}`, import.meta.url));
const bundle = bundleFolder('deploy-files');
afterAll(() => rmSync(bundle, { recursive: true, force: true }));

describe('the systemd unit', () => {
  const unit = readFileSync(deploy('waxseal-enclave.service'), 'utf8');
  const analyze = '/usr/bin/systemd-analyze';

  it('starts the server with an environment that it takes, whatever systemd has set', {
    timeout: 120_000,
  }, async () => {
    const line = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? '';
    const [program = '', ...args] = line.split(' ');
    expect(line).toContain('dist/enclave/production/main.js');
    // The production server ends for want of hardware, after it has looked at its environment and its core limit.
    const production = await buildEnclaveBundle('production', bundle);
    const run = async (limit: string, words: string[]) => {
      const here = words.map((word) => {
        if (word === '/usr/bin/node') return process.execPath;
        return word === 'dist/enclave/production/main.js' ? join(production, 'main.js') : word;
      });
      const env = { RUNTIME_DIRECTORY: '/run/waxseal', INVOCATION_ID: 'x', NODE_OPTIONS: '--no-deprecation' };
      const child = spawn('prlimit', [`--core=${limit}`, ...here], {
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let output = '';
      for await (const text of child.stderr.setEncoding('utf8')) output += text;
      return output;
    };
    const limit = /^LimitCORE=(.*)$/m.exec(unit)?.[1] ?? '';
    // There is no /etc/waxseal here: it gets as far as its configuration.
    expect(await run(limit, [program, ...args])).toBe('The enclave server could not start.\n');
    expect(await run('unlimited', [program, ...args])).toMatch(/^WAX_ENCLAVE_ENVIRONMENT: .*core files/);
    expect(await run(limit, args.slice(1))).toMatch(/^WAX_ENCLAVE_ENVIRONMENT: .*NODE_OPTIONS/);
  });

  it.skipIf(!existsSync(analyze))(
    'is one that systemd understands, and is closed as far as it can be',
    () => {
      // It knows no such file as the server here, which is all that it may complain about.
      const path = deploy('waxseal-enclave.service');
      const verified = execFileSync('sh', ['-c', `${analyze} verify ${path} 2>&1 || true`], {
        encoding: 'utf8',
      });
      expect(
        verified.split('\n').filter((line) => line !== '' && !/is not executable|No such file/.test(line)),
      ).toEqual([]);
      // Threshold in tenths: above it the command fails.
      execFileSync(analyze, ['security', '--offline=true', '--threshold=20', path], { stdio: 'ignore' });
    },
  );
});

describe('the Containerfile', () => {
  const lines = readFileSync(deploy('Containerfile'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const of = (instruction: string) =>
    lines
      .filter((line) => line.startsWith(`${instruction} `))
      .map((line) => line.slice(instruction.length + 1));

  it('has known instructions only, and two stages from an image that has to be named', () => {
    const known = ['ARG', 'FROM', 'RUN', 'WORKDIR', 'COPY', 'EXPOSE', 'STOPSIGNAL', 'ENTRYPOINT', 'CMD'];
    expect(lines.filter((line) => !known.includes(line.split(' ')[0] ?? ''))).toEqual([]);
    expect(of('ARG')).toEqual(['NODE']);
    const image = ['$', '{NODE}'].join('');
    expect(of('FROM')).toEqual([`${image} AS build`, image]);
  });

  it('copies what is in this repository, or what a stage before it has made', () => {
    const root = fileURLToPath(new URL('../../../', import.meta.url));
    const sources = of('COPY').flatMap((line) =>
      line.startsWith('--from=build') ? [] : line.split(' ').slice(0, -1),
    );
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) expect(existsSync(join(root, source)), source).toBe(true);
    for (const script of lines.join(' ').match(/[\w/-]+\.c\b/g) ?? [])
      expect(existsSync(join(root, script)), script).toBe(true);
  });

  it('starts the server as the unit does: with no environment', () => {
    const command: string[] = [...JSON.parse(of('ENTRYPOINT')[0] ?? ''), ...JSON.parse(of('CMD')[0] ?? '')];
    expect(command.slice(0, 2)).toEqual(['/usr/bin/env', '-i']);
    expect(command).toContain('dist/enclave/production/main.js');
    expect(command.filter((word) => word.startsWith('--') && !word.startsWith('--disable'))).toEqual([
      '--config',
      '--models',
      '--host',
      '--port',
      '--admin',
    ]);
  });
});
