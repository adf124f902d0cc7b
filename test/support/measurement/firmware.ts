/** A small firmware in the shape of OVMF: footer table, SEV metadata and nothing else, to be changed at will. */
import { concatBytes } from '../../../protocol/bytes.ts';
import { guid, le16, le32 } from '../../../protocol/measurement/little-endian.ts';

export interface FirmwareChange {
  /** Sections of the SEV metadata: guest address, size, type. */
  sections?: readonly (readonly [gpa: number, size: number, type: number])[];
  /** Guest address of the table of kernel hashes; null leaves the entry out. */
  hashTable?: number | null;
  signature?: number;
  version?: number;
  /** What the metadata says of its own size, beyond the truth. */
  extraSize?: number;
  footer?: string;
  /** One more entry of the footer table. */
  more?: readonly [name: string, data: Uint8Array][];
  bytes?: number;
}

const names = {
  footer: '96b582de-1fb2-45f7-baea-a366c55a082d',
  sev: 'dc886566-984a-4798-a75e-5585a7bf67cc',
  reset: '00f771de-1a7e-4fcb-890e-68c77e2fb44e',
  hashes: '7255371f-3a3b-4b04-927b-1da6efa8d454',
};

/** Firmware memory, secrets, CPUID and kernel hashes, as OvmfPkg/AmdSev has them. */
export const usualSections = [
  [0x800000, 0x2000, 1],
  [0x80d000, 0x1000, 2],
  [0x80e000, 0x1000, 3],
  [0x810000, 0x1000, 0x10],
] as const;

export function makeFirmware(change: FirmwareChange = {}): Uint8Array {
  const { sections = usualSections, hashTable = 0x810c00, bytes = 8192 } = change;
  const firmware = new Uint8Array(bytes).map((_, index) => index * 7);
  const metadata = concatBytes(
    le32(change.signature ?? 0x56455341),
    le32(16 + 12 * sections.length + (change.extraSize ?? 0)),
    le32(change.version ?? 1),
    le32(sections.length),
    ...sections.flatMap((section) => section.map(le32)),
  );
  const metadataAt = bytes - 1024;
  firmware.set(metadata, metadataAt);
  const entry = (name: string, data: Uint8Array) => concatBytes(data, le16(data.length + 18), guid(name));
  const entries = concatBytes(
    ...(change.more ?? []).map(([name, data]) => entry(name, data)),
    ...(hashTable === null ? [] : [entry(names.hashes, concatBytes(le32(hashTable), le32(0x400)))]),
    entry(names.sev, le32(bytes - metadataAt)),
    entry(names.reset, le32(0x80b004)),
  );
  const end = bytes - 32;
  firmware.set(
    concatBytes(entries, le16(entries.length + 18), guid(change.footer ?? names.footer)),
    end - entries.length - 18,
  );
  return firmware;
}
