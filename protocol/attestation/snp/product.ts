/**
 * Processor products and what depends on them: CPUID numbers, names in certificates, the chain, and the
 * order of the bytes of a TCB version. A processor that is not in this table is refused.
 * @module
 */
import { snpError } from './errors.ts';

export const snpProducts = ['milan', 'genoa', 'bergamo-siena', 'turin'] as const;
export type SnpProduct = (typeof snpProducts)[number];

/** AMD's names of the chains: one ARK, ASK and ASVK each. */
export type SnpLine = 'Milan' | 'Genoa' | 'Turin';

/** Security versions of the firmware components; `fmc` exists from Turin on. */
export interface SnpTcb {
  readonly fmc: number | null;
  readonly bootloader: number;
  readonly tee: number;
  readonly snp: number;
  readonly microcode: number;
}

interface ProductFacts {
  readonly line: SnpLine;
  readonly family: number;
  readonly models: readonly [number, number];
  /** Names that the certificate's product extension may hold, a stepping such as `-B0` aside. */
  readonly names: readonly string[];
  /** Index of each component in the 8 bytes; the other bytes are zero. */
  readonly layout: { readonly [Part in keyof SnpTcb]: number | null };
  /** Length of the hardware id in the certificate. */
  readonly idBytes: number;
}

const classicLayout = { fmc: null, bootloader: 0, tee: 1, snp: 6, microcode: 7 };
const turinLayout = { fmc: 0, bootloader: 1, tee: 2, snp: 3, microcode: 7 };

export const productFacts: Readonly<Record<SnpProduct, ProductFacts>> = {
  milan: {
    line: 'Milan',
    family: 0x19,
    models: [0x00, 0x0f],
    names: ['Milan'],
    layout: classicLayout,
    idBytes: 64,
  },
  genoa: {
    line: 'Genoa',
    family: 0x19,
    models: [0x10, 0x1f],
    names: ['Genoa'],
    layout: classicLayout,
    idBytes: 64,
  },
  // Bergamo and Siena share Genoa's chain but count microcode on their own: a floor for one is no floor for
  // the other, which is why products go by CPUID and not by the name in the certificate.
  'bergamo-siena': {
    line: 'Genoa',
    family: 0x19,
    models: [0xa0, 0xaf],
    names: ['Bergamo', 'Siena', 'Genoa'],
    layout: classicLayout,
    idBytes: 64,
  },
  turin: {
    line: 'Turin',
    family: 0x1a,
    models: [0x00, 0x1f],
    names: ['Turin'],
    layout: turinLayout,
    idBytes: 8,
  },
};

/** The product with these CPUID numbers; refused if unknown. */
export function productOfCpuid(family: number, model: number): SnpProduct {
  const found = snpProducts.find((product) => {
    const { family: wanted, models } = productFacts[product];
    return family === wanted && model >= models[0] && model <= models[1];
  });
  if (!found)
    throw snpError(
      'WAX_SNP_PRODUCT_UNKNOWN',
      `family 0x${family.toString(16)}, model 0x${model.toString(16)}`,
    );
  return found;
}

/** Whether a certificate with this product name may belong to that product. */
export function isNameOf(product: SnpProduct, name: string): boolean {
  return productFacts[product].names.includes(name.replace(/-[A-Z]\d$/, ''));
}

/** The product by the certificate's name alone, for version 2 reports, which do not say the CPUID. */
export function productOfName(name: string): SnpProduct {
  const found = snpProducts.find((product) => isNameOf(product, name));
  if (!found) throw snpError('WAX_SNP_PRODUCT_UNKNOWN', 'by the name in the certificate');
  return found;
}

/** Splits the 8 bytes of a TCB_VERSION by the product's layout; unused bytes must be zero. */
export function parseTcb(product: SnpProduct, bytes: Uint8Array): SnpTcb {
  const { layout } = productFacts[product];
  const used = Object.values(layout);
  if (bytes.some((byte, index) => byte !== 0 && !used.includes(index))) {
    throw snpError('WAX_SNP_RESERVED', 'TCB version');
  }
  const at = (index: number | null) => (index === null ? 0 : (bytes[index] ?? 0));
  return {
    fmc: layout.fmc === null ? null : at(layout.fmc),
    bootloader: at(layout.bootloader),
    tee: at(layout.tee),
    snp: at(layout.snp),
    microcode: at(layout.microcode),
  };
}

export const tcbParts = ['fmc', 'bootloader', 'tee', 'snp', 'microcode'] as const;

/** Components of `tcb` that are below those of `floor`. Never compares versions as one number. */
export function partsBelow(tcb: SnpTcb, floor: SnpTcb): string[] {
  return tcbParts.filter((part) => (tcb[part] ?? 0) < (floor[part] ?? 0));
}
