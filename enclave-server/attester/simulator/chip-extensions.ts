import type { ExtensionFields } from './certificates.ts';
import { ia5String, smallInteger } from './der-writer.ts';

export interface ChipFields {
  readonly productName: string;
  readonly versions: {
    readonly fmc?: number;
    readonly bootloader: number;
    readonly tee: number;
    readonly snp: number;
    readonly microcode: number;
  };
  /** VCEK. */
  readonly hardwareId?: Uint8Array;
  /** VLEK. */
  readonly providerId?: string;
}

/** The vendor extensions of a chip certificate (AMD 57230). The hardware id is raw, not DER, as AMD has it. */
export function chipExtensions({
  productName,
  versions,
  hardwareId,
  providerId,
}: ChipFields): ExtensionFields[] {
  const extension = (suffix: string, value: Uint8Array) => ({ oid: `1.3.6.1.4.1.3704.1.${suffix}`, value });
  return [
    extension('1', smallInteger(versions.fmc === undefined ? 0 : 1)),
    extension('2', ia5String(productName)),
    extension('3.1', smallInteger(versions.bootloader)),
    extension('3.2', smallInteger(versions.tee)),
    extension('3.3', smallInteger(versions.snp)),
    extension('3.8', smallInteger(versions.microcode)),
    ...(versions.fmc === undefined ? [] : [extension('3.9', smallInteger(versions.fmc))]),
    ...(hardwareId ? [extension('4', hardwareId)] : []),
    ...(providerId ? [extension('5', ia5String(providerId))] : []),
  ];
}
