import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseEnclaveConfig } from '../../enclave-server/config.ts';
import { demoModel, demoModels } from '../../enclave-server/demo-config.ts';
import { measureInstalled } from '../../enclave-server/measure.ts';
import { buildEnclaveBundle } from '../../scripts/build-enclave.ts';
import { CROWD, crowdInto, isCrowdAllowed } from '../support/crowd.ts';
import { chat, openSession, sendTurn } from '../support/enclave.ts';
import { type EnclaveProcess, startEnclaveProcess } from '../support/enclave-process.ts';

// Inside the repository, from where the bundle finds the packages that stay outside of it.
const output = (name: string) =>
  new URL(`../../dist/test-enclave-${process.pid}/${name}`, import.meta.url).pathname;

/** Every file of a folder as one text. */
const textOf = (folder: string) =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');

let bundle: string;
beforeAll(async () => {
  bundle = await buildEnclaveBundle('development', output('development'));
}, 120_000);
afterAll(() => rmSync(output(''), { recursive: true, force: true }));

/** Process ids of a server and its engine processes. */
function processes(root: number): number[] {
  const children = readFileSync(`/proc/${root}/task/${root}/children`, 'utf8').trim();
  return [root, ...(children === '' ? [] : children.split(' ').map(Number))];
}

describe('the built server', () => {
  it('is the same, byte for byte, from the same sources', { timeout: 120_000 }, async () => {
    const again = await buildEnclaveBundle('development', output('again'));
    expect(readdirSync(again)).toEqual(readdirSync(bundle));
    for (const name of readdirSync(again)) {
      expect(readFileSync(join(again, name)).equals(readFileSync(join(bundle, name))), name).toBe(true);
    }
  });

  it('holds no path of the machine that built it', () => {
    expect(textOf(bundle)).not.toContain(process.cwd());
  });

  it('has the simulator for development, and neither its code nor its keys nor its root in production', async () => {
    const production = await buildEnclaveBundle('production', output('production'));
    const marks = [
      'createSimulator',
      'Waxseal simulator',
      'waxseal simulated chip',
      'MIIJQwIBADANBgkqhkiG9w0BAQEFAASCCS0wggkp',
    ];
    for (const mark of marks) {
      expect(textOf(bundle), mark).toContain(mark);
      expect(textOf(production), mark).not.toContain(mark);
    }
    const refused = await startEnclaveProcess(production);
    expect(refused.url).toBe('');
    expect(refused.output()).toMatch(/^WAX_ENCLAVE_NO_ATTESTER: /);
    expect(await refused.stop()).toBe(1);
  }, 120_000);

  it.each([
    ['--log-size-hint', 'NaN'],
    ['--log-size-hint', '1e3'],
    ['--log-size-hint=-1', undefined],
    ['--log-size-hint', '9007199254740992'],
    ['--port', '65536'],
    ['--unknown', undefined],
  ])('does not start with %s %s, and does not repeat it', async (option, value) => {
    const refused = await startEnclaveProcess(bundle, {
      more: [option, ...(value === undefined ? [] : [value])],
    });
    expect(refused.url).toBe('');
    expect(refused.output()).toMatch(/^WAX_ENCLAVE_OPTION: /);
    if (value !== undefined) expect(refused.output()).not.toContain(value);
    expect(await refused.stop()).toBe(1);
  });

  it('refuses an environment and switches that could change what it does, and says which', async () => {
    const environment = await startEnclaveProcess(bundle, {
      env: { LLAMA_ARG_MODEL: 'secret-path', https_proxy: 'x' },
    });
    expect(environment.url).toBe('');
    expect(environment.output()).toContain('WAX_ENCLAVE_ENVIRONMENT');
    expect(environment.output()).toContain('LLAMA_ARG_MODEL, https_proxy');
    expect(environment.output()).not.toContain('secret-path');
    expect(await environment.stop()).toBe(1);
    const switched = await startEnclaveProcess(bundle, { flags: ['--no-deprecation'] });
    expect(switched.url).toBe('');
    expect(switched.output()).toContain('--no-deprecation');
    expect(await switched.stop()).toBe(1);
  }, 60_000);
});

describe.skipIf(!existsSync('/proc/self/task'))(
  'a sealed chat with the built server',
  { timeout: 120_000 },
  () => {
    const canary = `canary${crypto.randomUUID().replaceAll('-', '')}`;
    let server: EnclaveProcess;
    let startedAt: number;
    beforeAll(async () => {
      startedAt = Date.now();
      server = await startEnclaveProcess(bundle);
    }, 120_000);
    afterAll(() => server.stop());

    it.skipIf(!isCrowdAllowed)('is there for a crowd that came while it was busy', async () => {
      expect(await crowdInto(server.child, server.url)).toBe(CROWD);
    });

    it('is answered by the model, turn after turn', async () => {
      const { client } = await openSession(server.url);
      const first = await sendTurn(server.url, client, chat('What is a Merkle tree?'));
      expect(first.text).toMatch(/tree of hashes/);
      expect(first.outcome).toMatchObject({
        state: 'complete',
        session: 'kept',
        summary: { finish_reason: 'stop' },
      });
      const second = await sendTurn(server.url, client, chat('What is 7 + 5?', {}, 'block'));
      expect(second.result).toMatchObject({
        choices: [{ message: { content: expect.stringContaining('7 plus 5') } }],
      });
    });

    it('reports the measurement that anybody gets from the same files', async () => {
      const { answer } = await openSession(server.url);
      const reported = Buffer.from(answer.evidence.subarray(0x90, 0xc0)).toString('hex');
      const configPath = join(server.folder, 'enclave.json');
      const config = parseEnclaveConfig(readFileSync(configPath));
      const measured = await measureInstalled({ code: bundle, configPath, config, models: demoModels });
      expect(measured).toEqual({
        launchDigest: reported,
        configSha256: config.sha256,
        models: [{ id: demoModel.id, sha256: demoModel.sha256 }],
        services: [config.service],
        wire: config.wire,
      });
    });

    it('leaves nothing of a prompt in output, arguments, environments, names or files', async () => {
      const { client } = await openSession(server.url);
      const prompt = `My name is ${canary}. `;
      expect((await sendTurn(server.url, client, chat(prompt))).outcome.state).toBe('complete');
      // The same in what fails: too long, an unknown model, a refused parameter.
      for (const [text, body] of [
        [prompt.repeat(200), {}],
        [prompt, { model: canary }],
        [prompt, { logit_bias: { [canary]: 1 } }],
        [prompt, { tools: [canary] }],
      ] as const) {
        const turn = await sendTurn(server.url, client, chat(text, body)).catch(() => null);
        if (turn) expect(turn.outcome.state).toBe('failed');
      }
      const found: string[] = [];
      const look = (where: string, text: string) => {
        if (text.includes(canary)) found.push(where);
      };
      look('output', server.output());
      for (const pid of processes(server.child.pid ?? 0)) {
        for (const file of ['cmdline', 'environ', 'comm'])
          look(`${file} of ${pid}`, readFileSync(`/proc/${pid}/${file}`, 'utf8'));
        for (const fd of readdirSync(`/proc/${pid}/fd`)) {
          const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
          const flags = /flags:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0';
          const writes = (Number.parseInt(flags, 8) & 3) !== 0;
          const device = /^(\/dev\/null|anon_inode:|socket:|pipe:)/.test(target);
          expect(writes && !device, `${pid} writes to ${target}`).toBe(false);
        }
      }
      for (const folder of [server.folder, bundle, tmpdir(), '/dev/shm']) {
        for (const name of readdirSync(folder)) {
          look('a file name', name);
          const stat = statSync(join(folder, name), { throwIfNoEntry: false });
          if (!stat?.isFile() || stat.mtimeMs < startedAt || stat.size > 1 << 26) continue;
          look(name, readFileSync(join(folder, name), 'latin1'));
        }
      }
      expect(found).toEqual([]);
      expect(readdirSync(server.folder)).toEqual(['enclave.json']);
    });

    it('survives the death of its engine: one failed turn, then the process that waited', async () => {
      const { client } = await openSession(server.url);
      const [, engine = 0] = processes(server.child.pid ?? 0);
      const running = sendTurn(server.url, client, chat('Explain how Waxseal works in detail'));
      await new Promise((resolve) => setTimeout(resolve, 5));
      process.kill(engine, 'SIGABRT');
      expect(['failed', 'complete']).toContain((await running).outcome.state);
      let text = '';
      // Until the other process has loaded the answer is "busy".
      for (let tries = 0; text === '' && tries < 30; tries++) {
        const fresh = await openSession(server.url);
        text = (await sendTurn(server.url, fresh.client, chat('What is 7 + 5?'))).text;
      }
      expect(text).toContain('7 plus 5');
      expect(server.output()).toContain('{"event":"engine-crashed"}');
    });

    it('says nothing but its events, and ends when asked', async () => {
      const events = server
        .output()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).event);
      const known = ['listening', 'engine-crashed', 'minute'];
      expect(events.filter((event) => !known.includes(event))).toEqual([]);
      const pids = processes(server.child.pid ?? 0);
      expect(await server.stop()).toBe(0);
      for (const pid of pids) expect(existsSync(`/proc/${pid}`)).toBe(false);
    });
  },
);
