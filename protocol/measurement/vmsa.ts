/**
 * The first state of a virtual processor as each hypervisor writes it, which SEV-SNP measures as one page
 * (AMD APM volume 2, table B-4; the values are those of KVM with QEMU, of EC2 and of Google).
 * @module
 */
import { le16, le32, le64 } from './little-endian.ts';

/** Who starts the guest: QEMU with KVM, Amazon or Google. */
export type Vmm = 'qemu' | 'ec2' | 'gce';

/** Family, model and stepping that QEMU gives each processor type. */
const types = {
  EPYC: [23, 1, 2],
  'EPYC-v1': [23, 1, 2],
  'EPYC-v2': [23, 1, 2],
  'EPYC-v3': [23, 1, 2],
  'EPYC-v4': [23, 1, 2],
  'EPYC-Rome': [23, 49, 0],
  'EPYC-Milan': [25, 1, 1],
  'EPYC-Genoa': [25, 17, 0],
  'EPYC-Turin': [26, 0, 0],
} as const;
export type VcpuType = keyof typeof types;
export const vcpuTypes = Object.keys(types) as VcpuType[];

/** CPUID function 1, EAX (AMD APM volume 3, appendix E.3.2), of a family above 15. */
export function cpuidSignature(type: VcpuType): number {
  const [family, model, stepping] = types[type];
  return ((family - 15) << 20) | ((model >> 4) << 16) | (15 << 8) | ((model & 15) << 4) | stepping;
}

/** Where the first processor starts. */
export const BOOT_EIP = 0xfffffff0;

export interface VcpuState {
  vmm: Vmm;
  eip: number;
  /** CPUID signature, which the hypervisor leaves in RDX. */
  signature: number;
  guestFeatures: number;
}

/** The page of one processor. */
export function vmsaPage({ vmm, eip, signature, guestFeatures }: VcpuState): Uint8Array {
  const page = new Uint8Array(4096);
  const put = (offset: number, bytes: Uint8Array) => page.set(bytes, offset);
  const segment = (offset: number, selector: number, attributes: number, limit: number, base: number) => {
    put(offset, le16(selector));
    put(offset + 2, le16(attributes));
    put(offset + 4, le32(limit));
    put(offset + 8, le64(base));
  };
  const isBoot = eip === BOOT_EIP;
  for (const data of [0x00, 0x30, 0x40, 0x50]) segment(data, 0, 0x93, 0xffff, 0);
  segment(0x10, 0xf000, vmm === 'ec2' && isBoot ? 0x9a : 0x9b, 0xffff, (eip & 0xffff0000) >>> 0);
  segment(0x20, 0, vmm === 'ec2' ? 0x92 : 0x93, 0xffff, 0);
  segment(0x60, 0, 0, 0xffff, 0);
  segment(0x70, 0, 0x82, 0xffff, 0);
  segment(0x80, 0, 0, 0xffff, 0);
  segment(0x90, 0, vmm === 'ec2' ? 0x83 : 0x8b, 0xffff, 0);
  put(0xd0, le64(0x1000)); // EFER: SVME
  put(0x148, le64(0x40)); // CR4: MCE
  put(0x158, le64(0x10)); // CR0: ET
  put(0x160, le64(0x400)); // DR7
  put(0x168, le64(0xffff0ff0)); // DR6
  put(0x170, le64(2)); // RFLAGS
  put(0x178, le64(eip & 0xffff)); // RIP
  put(0x268, le64(vmm === 'gce' ? 0x00070106n : 0x0007040600070406n)); // PAT
  put(0x310, le64(vmm === 'qemu' ? signature : 0x600)); // RDX
  put(0x3b0, le64(guestFeatures));
  put(0x3e8, le64(1)); // XCR0
  if (vmm === 'qemu') {
    put(0x408, le32(0x1f80)); // MXCSR
    put(0x410, le16(0x37f)); // x87 control word
  }
  return page;
}
