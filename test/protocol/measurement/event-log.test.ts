import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { acpiCommand } from '../../../bin/commands/release/acpi.ts';
import { CodedError } from '../../../protocol/errors.ts';
import {
  acpiDigests,
  type LoggedEvent,
  parseEventLog,
  replayEvents,
} from '../../../protocol/measurement/event-log.ts';
import { rtmrs } from '../../../protocol/measurement/rtmr.ts';
import { makeEventLog, someEvents } from '../../support/measurement/event-log.ts';
import { makeFirmware } from '../../support/measurement/firmware.ts';
import { commandLine, MEMORY, makeInitramfs, makeKernel, shapes } from '../../support/measurement/image.ts';
import { sharedVectors } from '../../support/shared-vectors.ts';

const log = makeEventLog(someEvents);

describe('an event log', () => {
  it('is read up to where the firmware wrote nothing', () => {
    expect(parseEventLog(log)).toEqual(someEvents);
    for (const filling of [new Uint8Array(0), new Uint8Array(64), new Uint8Array(3).fill(0xff)]) {
      expect(parseEventLog(makeEventLog(someEvents, { filling }))).toEqual(someEvents);
    }
  });

  const wrong: [what: string, bytes: Uint8Array, code: string][] = [
    ['without a header', log.subarray(32), 'WAX_MEASURE_'],
    [
      'with a header of another form',
      makeEventLog([], { specId: 'Spec ID Event02\0' }),
      'WAX_MEASURE_EVENT_LOG',
    ],
    ['of SHA-256', makeEventLog([], { algorithm: 0x0b }), 'WAX_MEASURE_EVENT_LOG'],
    ['of digests of another size', makeEventLog([], { digestBytes: 32 }), 'WAX_MEASURE_EVENT_LOG'],
    ['with an event of SHA-256', makeEventLog(someEvents, { eventAlgorithm: 0x0b }), 'WAX_MEASURE_EVENT_LOG'],
    ['with two digests for an event', makeEventLog(someEvents, { digests: 2 }), 'WAX_MEASURE_EVENT_LOG'],
    [
      'with a register that there is not',
      makeEventLog([{ register: 4, type: 1, digest: '00'.repeat(48), data: '' }]),
      'WAX_MEASURE_EVENT_LOG',
    ],
    [
      'with something after its end',
      makeEventLog(someEvents, { filling: Uint8Array.of(0, 0, 1) }),
      'WAX_MEASURE_SHORT',
    ],
    [
      'with something after zeros',
      makeEventLog(someEvents, { filling: new Uint8Array(64).fill(1, 40) }),
      'WAX_MEASURE_EVENT_LOG',
    ],
    ['cut short', log.subarray(0, 100), 'WAX_MEASURE_SHORT'],
    [
      'with more events than any has',
      makeEventLog(
        Array.from({ length: 4097 }, () => ({ register: 0, type: 1, digest: '00'.repeat(48), data: '' })),
      ),
      'WAX_MEASURE_EVENT_LOG',
    ],
  ];
  it.each(wrong)('is refused %s', (_what, bytes, code) => {
    expect(() => parseEventLog(bytes)).toThrow(code);
  });

  it('answers changed bytes with events or a coded error', () => {
    const place = fc.record({ at: fc.nat(log.length - 1), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 6 }), (places) => {
        const changed = log.slice();
        for (const { at, value } of places) changed[at] = value;
        try {
          parseEventLog(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
      { seed: 8, numRuns: 2000 },
    );
  });

  it('leads to the registers that are computed from the parts', () => {
    const [, { acpi }] = shapes;
    const { registers, events } = rtmrs({
      ...{ firmware: makeFirmware({ tdx: {} }), kernel: makeKernel(), initramfs: makeInitramfs() },
      ...{ commandLine, memoryBytes: MEMORY, acpi },
    });
    const logged = events.map(({ register, text, value }): LoggedEvent => {
      const isTable = text.startsWith('ACPI');
      const data = isTable ? '414350492044415441' : '';
      return { register: Number(register.slice(4)), type: isTable ? 10 : 1, digest: value, data };
    });
    const read = parseEventLog(makeEventLog(logged));
    expect(replayEvents(read)).toEqual(
      Object.values(registers).map((value) => Buffer.from(value).toString('hex')),
    );
    expect(acpiDigests(read)).toEqual(acpi);
  });

  it('leaves events that were not measured out of the registers', () => {
    expect(replayEvents(someEvents)[3]).toBe('00'.repeat(48));
  });

  it('gives no description of hardware unless it has just the three tables, in RTMR0', () => {
    const tables = someEvents.filter(({ type }) => type === 10);
    const [first] = tables as [LoggedEvent];
    expect(acpiDigests(tables).loader).toBe('02'.repeat(48));
    for (const events of [
      tables.slice(1),
      [...tables, first],
      tables.map((event) => ({ ...event, register: 1 })),
      tables.map((event) => ({ ...event, data: '00' })),
      tables.map((event) => ({ ...event, type: 11 })),
    ]) {
      expect(() => acpiDigests(events)).toThrow('WAX_MEASURE_ACPI');
    }
  });
});

describe('waxseal release acpi', () => {
  it('prints what a shape needs, and the registers to compare with a quote', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'waxseal-acpi-'));
    const said = vi.spyOn(console, 'log').mockReturnValue();
    try {
      await writeFile(join(folder, 'ccel'), log);
      expect(await acpiCommand.run([join(folder, 'ccel')])).toBe(0);
      const [rtmr0, rtmr1, rtmr2, rtmr3] = replayEvents(someEvents);
      expect(JSON.parse(String(said.mock.calls[0]?.[0]))).toEqual({
        acpi: { loader: '02'.repeat(48), rsdp: '04'.repeat(48), tables: '05'.repeat(48) },
        ...{ rtmr0, rtmr1, rtmr2, rtmr3 },
      });
      await expect(acpiCommand.run([join(folder, 'none')])).rejects.toThrow('WAX_RELEASECMD_FILE');
      await expect(acpiCommand.run([])).rejects.toThrow('WAX_RELEASECMD_OPTION');
    } finally {
      said.mockRestore();
      await rm(folder, { recursive: true });
    }
  });
});

const shared = sharedVectors('measurement');

describe.skipIf(shared === null)('the events of real guests', () => {
  interface Guest {
    name: string;
    rtmr: string[];
    events: { rtmr: number; type: number; digest: string; data?: string }[];
  }
  const file = `${shared}tdx/real-event-logs.json`;
  const guests: Guest[] = shared === null ? [] : JSON.parse(readFileSync(file, 'utf8')).guests;

  it.each(guests)(
    '$name: written as a log and read back, lead to its quote and name three tables',
    (guest) => {
      const events = guest.events.map(({ rtmr, type, digest, data = '' }) => ({
        register: rtmr,
        type,
        digest,
        data,
      }));
      const read = parseEventLog(makeEventLog(events));
      expect(replayEvents(read).slice(0, 3)).toEqual(guest.rtmr.slice(0, 3));
      const tables = guest.events.filter(({ type }) => type === 10).map(({ digest }) => digest);
      expect(Object.values(acpiDigests(read))).toEqual(tables);
    },
  );
});
