/**
 * The launch digest of SEV-SNP: a chain of SHA-384 over one PAGE_INFO for each page that the hypervisor puts into
 * the guest before it starts (AMD SEV-SNP ABI specification 56860, section 8.17.2).
 * @module
 */
import { concatBytes, toHex } from '../bytes.ts';
import { measurementError } from './errors.ts';
import type { MeasurementEvent, Part } from './event.ts';
import { firmwareGpa, PAGE, parseSevLayout, type SevLayout, sevSections } from './firmware.ts';
import { type Hashes, portableHashes } from './hashes.ts';
import { guid, le16, le64, withNul } from './little-endian.ts';
import { BOOT_EIP, cpuidSignature, type VcpuType, type Vmm, vmsaPage } from './vmsa.ts';

const pageTypes = { normal: 1, vmsa: 2, zero: 3, unmeasured: 4, secrets: 5, cpuid: 6 } as const;
type PageType = keyof typeof pageTypes;

const NOTHING = new Uint8Array(48);
/** More than any processor has; a bound, so that no shape keeps an auditor waiting. */
const MAX_VCPUS = 1024;
/** KVM gives the page of every processor this address, on every product. */
const VMSA_GPA = 0xfffffffff000;

/** What QEMU is told to start, by hashes, since the firmware is given those and not the files. */
export interface KernelHashes {
  /** SHA-256 of the kernel file as it is. */
  kernel: Uint8Array;
  /** SHA-256 of the initramfs, or of nothing. */
  initrd: Uint8Array;
  /** SHA-256 of the command line with its final NUL. */
  commandLine: Uint8Array;
}

export interface SnpLaunch {
  /** The firmware; or its digest with its metadata, to check a release without having it. */
  firmware: Uint8Array | { digest: Uint8Array; layout: SevLayout };
  kernel: KernelHashes | null;
  vmm: Vmm;
  vcpuType: VcpuType;
  vcpus: number;
  guestFeatures: number;
}

/** Hashes of what `-kernel`, `-initrd` and `-append` name. */
export function kernelHashes(
  { kernel, initrd, commandLine }: { kernel: Uint8Array; initrd: Uint8Array | null; commandLine: string },
  { sha256 }: Hashes = portableHashes,
): KernelHashes {
  return {
    kernel: sha256(kernel),
    initrd: sha256(initrd ?? new Uint8Array(0)),
    commandLine: sha256(withNul(commandLine)),
  };
}

const TABLE = guid('9438d606-4f22-4cc9-b479-a793d411fd21');
const tableEntries = {
  commandLine: guid('97d02dd8-bd20-4c94-aa78-e7714d36ab2a'),
  initrd: guid('44baf731-3a2f-4bd7-9af1-41e29169781d'),
  kernel: guid('4de79437-abd2-427f-b835-d5b172d2045b'),
} as const;
const TABLE_BYTES = 168;

/** The page that tells the firmware what it may boot (QEMU target/i386/sev.c). */
function hashesPage(hashes: KernelHashes, tableGpa: number): Uint8Array {
  const entry = (name: keyof KernelHashes) => concatBytes(tableEntries[name], le16(50), hashes[name]);
  const table = concatBytes(TABLE, le16(TABLE_BYTES), entry('commandLine'), entry('initrd'), entry('kernel'));
  const page = new Uint8Array(PAGE);
  const offset = tableGpa % PAGE;
  // QEMU pads the table to 176 bytes.
  if (offset + 176 > PAGE) throw measurementError('WAX_MEASURE_SEV', 'the hash table crosses a page');
  page.set(table, offset);
  return page;
}

/** What a step is about, for people. */
interface About {
  text: string;
  parts: readonly Part[];
}

const hashesOfKernel: About = {
  text: 'hashes of kernel, initramfs and command line',
  parts: ['kernel', 'initramfs', 'command line'],
};

class LaunchDigest {
  readonly #hashes: Hashes;
  readonly events: MeasurementEvent[] = [];
  value: Uint8Array;

  constructor(start: Uint8Array, hashes: Hashes) {
    this.value = start;
    this.#hashes = hashes;
  }

  #update(type: PageType, gpa: number, contents: Uint8Array): void {
    const info = concatBytes(
      ...[this.value, contents, le16(0x70)],
      // Page type; not an initial migration image; no permissions for the lower privilege levels.
      Uint8Array.of(pageTypes[type], 0, 0, 0, 0, 0),
      le64(gpa),
    );
    this.value = this.#hashes.sha384(info);
  }

  #note({ text, parts }: About, gpa: number, pages: number): void {
    const where = `0x${gpa.toString(16)}, ${pages} ${pages === 1 ? 'page' : 'pages'}`;
    const value = toHex(this.value);
    this.events.push({ register: 'launchDigest', text: `${text}, ${where}`, value, running: true, parts });
  }

  /** A hash that a page after it holds. */
  hash(part: Part, value: Uint8Array): void {
    const text = `SHA-256 of the ${part}`;
    this.events.push({ register: 'launchDigest', text, value: toHex(value), running: false, parts: [part] });
  }

  pages(about: About, type: 'normal' | 'vmsa', gpa: number, data: Uint8Array): void {
    for (let offset = 0; offset < data.length; offset += PAGE) {
      this.#update(type, gpa + offset, this.#hashes.sha384(data.subarray(offset, offset + PAGE)));
    }
    this.#note(about, gpa, data.length / PAGE);
  }

  empty(text: string, type: Exclude<PageType, 'normal' | 'vmsa'>, gpa: number, size: number): void {
    for (let offset = 0; offset < size; offset += PAGE) this.#update(type, gpa + offset, NOTHING);
    this.#note({ text, parts: ['firmware'] }, gpa, size / PAGE);
  }
}

function addSections(digest: LaunchDigest, { sections, hashTableGpa }: SevLayout, launch: SnpLaunch): void {
  const { kernel, vmm } = launch;
  const hasTable = hashTableGpa !== null && sections.some(({ type }) => type === sevSections.kernelHashes);
  if (kernel && !hasTable) throw measurementError('WAX_MEASURE_NO_KERNEL_HASHES');
  for (const { gpa, size, type } of sections) {
    if (type === sevSections.memory) {
      digest.empty('memory of the firmware', vmm === 'gce' ? 'unmeasured' : 'zero', gpa, size);
    } else if (type === sevSections.secrets) digest.empty('secrets', 'secrets', gpa, PAGE);
    else if (type === sevSections.cpuid) {
      if (vmm !== 'ec2') digest.empty('CPUID', 'cpuid', gpa, PAGE);
    } else if (type === sevSections.kernelHashes && kernel && hashTableGpa !== null) {
      // A table outside this section would be a page that nobody measures.
      const inside = hashTableGpa >= gpa && hashTableGpa < gpa + PAGE && size === PAGE;
      if (!inside) throw measurementError('WAX_MEASURE_SEV', 'the hash table is not in its section');
      digest.hash('kernel', kernel.kernel);
      digest.hash('initramfs', kernel.initrd);
      digest.hash('command line', kernel.commandLine);
      digest.pages(hashesOfKernel, 'normal', gpa, hashesPage(kernel, hashTableGpa));
    } else digest.empty('zeros', 'zero', gpa, size);
  }
  if (vmm !== 'ec2') return;
  for (const { gpa, size, type } of sections) {
    if (type === sevSections.cpuid) digest.empty('CPUID', 'cpuid', gpa, size);
  }
}

/** The digest over a firmware alone, with which `SnpLaunch.firmware` can stand in for the file. */
export function firmwareDigest(firmware: Uint8Array, hashes: Hashes = portableHashes): Uint8Array {
  const digest = new LaunchDigest(NOTHING, hashes);
  digest.pages({ text: 'firmware', parts: ['firmware'] }, 'normal', firmwareGpa(firmware), firmware);
  return digest.value;
}

/**
 * The launch digest, 48 bytes, and every step towards it. Throws WAX_MEASURE_NO_KERNEL_HASHES for a kernel on a
 * firmware that would boot it unmeasured, WAX_MEASURE_VCPUS, and the errors of `parseSevLayout`.
 */
export function snpLaunchDigest(
  launch: SnpLaunch,
  hashes: Hashes = portableHashes,
): { digest: Uint8Array; events: MeasurementEvent[] } {
  const { firmware, vcpus, vcpuType, vmm, guestFeatures } = launch;
  if (!Number.isInteger(vcpus) || vcpus < 1 || vcpus > MAX_VCPUS) {
    throw measurementError('WAX_MEASURE_VCPUS', String(vcpus));
  }
  const whole = firmware instanceof Uint8Array;
  const layout = whole ? parseSevLayout(firmware) : firmware.layout;
  const digest = new LaunchDigest(whole ? NOTHING : firmware.digest, hashes);
  if (whole)
    digest.pages({ text: 'firmware', parts: ['firmware'] }, 'normal', firmwareGpa(firmware), firmware);
  addSections(digest, layout, launch);
  const signature = cpuidSignature(vcpuType);
  for (let index = 0; index < vcpus; index++) {
    const eip = index === 0 ? BOOT_EIP : layout.resetEip;
    const page = vmsaPage({ vmm, eip, signature, guestFeatures });
    digest.pages({ text: `processor ${index}`, parts: ['processors'] }, 'vmsa', VMSA_GPA, page);
  }
  return { digest: digest.value, events: digest.events };
}
