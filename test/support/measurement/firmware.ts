/** A small firmware in the shape of OVMF: footer table, SEV and TDX metadata, to be changed at will. */
import { concatBytes } from '../../../protocol/bytes.ts';
import { guid, le16, le32, le64 } from '../../../protocol/measurement/little-endian.ts';

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
  /** Size of the entry that says where processors start. */
  resetBytes?: number;
  /** What the table says of its own size. */
  tableSize?: number;
  tdx?: TdxChange;
}

/** Place and bytes in the file, guest address and bytes of memory, type, attributes. */
export type TdxSection = readonly [
  offset: number,
  raw: number,
  address: number,
  size: number,
  type: number,
  attributes: number,
];

export interface TdxChange {
  sections?: readonly TdxSection[];
  signature?: number;
  version?: number;
  extraLength?: number;
  /** How many sections the metadata says that it has. */
  count?: number;
  descriptor?: string;
}

const names = {
  footer: '96b582de-1fb2-45f7-baea-a366c55a082d',
  sev: 'dc886566-984a-4798-a75e-5585a7bf67cc',
  reset: '00f771de-1a7e-4fcb-890e-68c77e2fb44e',
  hashes: '7255371f-3a3b-4b04-927b-1da6efa8d454',
  tdx: 'e47a6535-984a-4798-865e-4685a7bf8ec2',
  tdxDescriptor: 'e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae',
};

/** Firmware memory, secrets, CPUID and kernel hashes, as OvmfPkg/AmdSev has them. */
export const usualSections = [
  [0x800000, 0x2000, 1],
  [0x80d000, 0x1000, 2],
  [0x80e000, 0x1000, 3],
  [0x810000, 0x1000, 0x10],
] as const;

/** Code, variables, memory, place of the list of memory, and a page that is added later. */
export const usualTdxSections: readonly TdxSection[] = [
  [0x1000, 0x1000, 0xfffff000, 0x1000, 0, 1],
  [0, 0x1000, 0xffffe000, 0x1000, 1, 0],
  [0, 0, 0x810000, 0x3000, 3, 0],
  [0, 0, 0x809000, 0x2000, 2, 0],
  [0, 0, 0x820000, 0x1000, 3, 2],
];

function tdxMetadata(change: TdxChange): Uint8Array {
  const { sections = usualTdxSections, count = sections.length } = change;
  return concatBytes(
    guid(change.descriptor ?? names.tdxDescriptor),
    le32(change.signature ?? 0x46564454),
    le32(16 + 32 * count + (change.extraLength ?? 0)),
    le32(change.version ?? 1),
    le32(count),
    ...sections.flatMap(([offset, raw, address, size, type, attributes]) => [
      ...[le32(offset), le32(raw), le64(address), le64(size), le32(type), le32(attributes)],
    ]),
  );
}

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
  const tdxAt = bytes - 768;
  if (change.tdx) firmware.set(tdxMetadata(change.tdx), tdxAt);
  const entry = (name: string, data: Uint8Array) => concatBytes(data, le16(data.length + 18), guid(name));
  const entries = concatBytes(
    ...(change.more ?? []).map(([name, data]) => entry(name, data)),
    ...(hashTable === null ? [] : [entry(names.hashes, concatBytes(le32(hashTable), le32(0x400)))]),
    entry(names.sev, le32(bytes - metadataAt)),
    entry(names.reset, concatBytes(le32(0x80b004), new Uint8Array((change.resetBytes ?? 4) - 4))),
    ...(change.tdx ? [entry(names.tdx, le32(bytes - tdxAt - 16))] : []),
  );
  const end = bytes - 32;
  firmware.set(
    concatBytes(entries, le16(change.tableSize ?? entries.length + 18), guid(change.footer ?? names.footer)),
    end - entries.length - 18,
  );
  return firmware;
}
