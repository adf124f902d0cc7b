/**
 * The run-time registers of a trust domain that QEMU starts with OVMF and a kernel: which digests the firmware and
 * the kernel's EFI stub extend, in which order (TCG PC Client Platform Firmware Profile; Linux and edk2 as of 2025.02).
 * @module
 */
import { concatBytes, parseHex, toHex, utf8 } from '../bytes.ts';
import { authenticodeHash } from './authenticode.ts';
import type { MeasurementEvent, Part } from './event.ts';
import { type Hashes, portableHashes } from './hashes.ts';
import { guid, le16, le32, le64, utf16 } from './little-endian.ts';
import { tdHob } from './td-hob.ts';
import { onlySection, parseTdvf, tdvfTypes } from './tdvf.ts';

/** Hex digests of the three tables of devices that QEMU generates; they can only be taken from a boot. */
export interface AcpiDigests {
  loader: string;
  rsdp: string;
  tables: string;
}

export interface TdxBoot {
  firmware: Uint8Array;
  /** As QEMU hands it over: see setup-header.ts. */
  kernel: Uint8Array;
  initramfs: Uint8Array;
  /** What `-append` says; the firmware adds ` initrd=initrd`. */
  commandLine: string;
  memoryBytes: number;
  acpi: AcpiDigests;
}

const GLOBAL_VARIABLE = guid('8be4df61-93ca-11d2-aa0d-00e098032b8c');
const SECURITY_DATABASE = guid('d719b2cb-3d3a-4596-a3bc-dad00e67656f');

/** The Secure Boot variables, none of which is set. */
const emptyVariables = [
  [GLOBAL_VARIABLE, 'SecureBoot'],
  [GLOBAL_VARIABLE, 'PK'],
  [GLOBAL_VARIABLE, 'KEK'],
  [SECURITY_DATABASE, 'db'],
  [SECURITY_DATABASE, 'dbx'],
] as const;

const SEPARATOR = new Uint8Array(4);

/** The one boot option of OVMF: its own menu, which a kernel of QEMU's goes before. */
function menuOption(): Uint8Array {
  const firmwareVolume = guid('7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1');
  const application = guid('462caa21-7614-4503-836e-8ab6f4662331');
  // Media device path nodes: a firmware volume and a file in it; then the end of the path.
  const path = concatBytes(
    ...[Uint8Array.of(4, 7), le16(20), firmwareVolume],
    ...[Uint8Array.of(4, 6), le16(20), application],
    ...[Uint8Array.of(0x7f, 0xff), le16(4)],
  );
  return concatBytes(le32(0x109), le16(path.length), utf16('UiApp\0'), path);
}

/** What register holds after these digests, from zero on. */
export function replay(digests: readonly Uint8Array[], { sha384 }: Hashes = portableHashes): Uint8Array {
  return digests.reduce((register, digest) => sha384(register, digest), new Uint8Array(48));
}

type Step = [text: string, digest: Uint8Array, parts: readonly Part[]];

function stepsOfRtmr0({ firmware, memoryBytes, acpi }: TdxBoot, { sha384 }: Hashes): Step[] {
  const sections = parseTdvf(firmware);
  const variable = (vendor: Uint8Array, name: string) =>
    sha384(concatBytes(vendor, le64(name.length), le64(0), utf16(name)));
  const table = (hex: string) => parseHex(hex, 48);
  return [
    ['list of memory', sha384(tdHob(sections, memoryBytes)), ['memory size', 'firmware']],
    ['variable store of the firmware', sha384(onlySection(sections, tdvfTypes.variables).data), ['firmware']],
    ...emptyVariables.map(([vendor, name]): Step => [`variable ${name}, empty`, variable(vendor, name), []]),
    ['separator', sha384(SEPARATOR), []],
    ['ACPI: table loader', table(acpi.loader), ['hardware description']],
    ['ACPI: root pointer', table(acpi.rsdp), ['hardware description']],
    ['ACPI: tables', table(acpi.tables), ['hardware description']],
    ['variable BootOrder', sha384(le16(0)), []],
    ['variable Boot0000', sha384(menuOption()), []],
  ];
}

function stepsOfRtmr1({ kernel }: TdxBoot, { sha384 }: Hashes): Step[] {
  const said = (text: string): Step => [text, sha384(utf8(text)), []];
  return [
    ['kernel, its image hash', authenticodeHash(kernel, sha384), ['kernel']],
    said('Calling EFI Application from Boot Option'),
    ['separator', sha384(SEPARATOR), []],
    said('Exit Boot Services Invocation'),
    said('Exit Boot Services Returned with Success'),
  ];
}

function stepsOfRtmr2({ commandLine, initramfs }: TdxBoot, { sha384 }: Hashes): Step[] {
  const line = `${commandLine} initrd=initrd`;
  return [
    ['command line and " initrd=initrd"', sha384(utf16(`${line}\0`)), ['command line']],
    ['initramfs', sha384(initramfs), ['initramfs']],
  ];
}

/**
 * RTMR0 to RTMR3 of a boot; nothing in our image extends the last. Throws the errors of `parseTdvf`, `tdHob` and
 * `authenticodeHash`.
 */
export function rtmrs(
  boot: TdxBoot,
  hashes: Hashes = portableHashes,
): { registers: Record<`rtmr${0 | 1 | 2 | 3}`, Uint8Array>; events: MeasurementEvent[] } {
  const steps = {
    rtmr0: stepsOfRtmr0(boot, hashes),
    rtmr1: stepsOfRtmr1(boot, hashes),
    rtmr2: stepsOfRtmr2(boot, hashes),
  };
  const after = (register: keyof typeof steps) =>
    replay(
      steps[register].map(([, digest]) => digest),
      hashes,
    );
  const events = Object.entries(steps).flatMap(([register, each]) =>
    each.map(([text, digest, parts]) => ({ register, text, value: toHex(digest), running: false, parts })),
  );
  return {
    registers: {
      rtmr0: after('rtmr0'),
      rtmr1: after('rtmr1'),
      rtmr2: after('rtmr2'),
      rtmr3: new Uint8Array(48),
    },
    events,
  };
}
