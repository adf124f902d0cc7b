/** Report devices whose kernel side is fake-kernel.c; everything on our side of the system call is the real thing. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export const canFakeKernel = process.platform === 'linux' && existsSync('/usr/bin/gcc');
if (!canFakeKernel) console.log('skipped: the fake kernel needs Linux and gcc');

type Setting = 'provider' | 'blob' | 'offset' | 'auxblob' | 'response' | 'errors' | 'lost' | 'sleep';

export class FakeKernel {
  readonly #root = mkdtempSync(join(tmpdir(), 'waxseal-kernel-'));
  readonly #state = join(this.#root, 'state');
  /** Stands for /sys/kernel/config/tsm/report. */
  readonly tsm = join(this.#root, 'tsm');
  /** The compiled helper. */
  readonly helper = join(this.#root, 'nsm-helper');
  readonly env: { [name: string]: string };

  constructor() {
    mkdirSync(this.#state);
    mkdirSync(this.tsm);
    const library = join(this.#root, 'fake-kernel.so');
    const warnings = ['-O2', '-Wall', '-Wextra', '-Werror'];
    execFileSync('/usr/bin/gcc', [
      ...warnings,
      ...['-shared', '-fPIC', '-o', library, source('./fake-kernel.c'), '-ldl'],
    ]);
    execFileSync('/usr/bin/gcc', [
      ...warnings,
      ...['-o', this.helper, source('../../enclave-server/attester/nitro/nsm-helper.c')],
    ]);
    this.env = { LD_PRELOAD: library, FAKE_TSM: this.tsm, FAKE_STATE: this.#state };
  }

  /** Sets what the devices do from now on; everything that is not named is as on a machine without it. */
  reset(settings: Partial<Record<Setting, string | Uint8Array>>): void {
    for (const name of readdirSync(this.#state)) rmSync(join(this.#state, name));
    this.set(settings);
  }

  set(settings: Partial<Record<Setting, string | Uint8Array>>): void {
    for (const [name, value] of Object.entries(settings)) writeFileSync(join(this.#state, name), value);
  }

  /** All bytes that the devices were given since the last reset. */
  get requests(): Buffer {
    const path = join(this.#state, 'requests');
    return existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}
