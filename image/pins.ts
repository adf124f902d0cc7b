/** What an image is made of beside the npm packages, which package-lock.json pins. */

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  /** Path below the root of Debian's archive. */
  readonly path: string;
  readonly sha256: string;
  /** SPDX. */
  readonly license: string;
}

export const pins = {
  kernel: {
    name: 'linux-image-6.12.95+deb12-cloud-amd64',
    version: '6.12.95-1~bpo12+1',
    path: 'pool/main/l/linux-signed-amd64/linux-image-6.12.95+deb12-cloud-amd64_6.12.95-1~bpo12+1_amd64.deb',
    sha256: '69c92f43b23821de79576fa4d7c86e2924ae2c1b247a47cc5ed9339e220fbcb7',
    license: 'GPL-2.0-only',
  },
  libraries: [
    {
      name: 'libc6',
      version: '2.36-9+deb12u14',
      path: 'pool/main/g/glibc/libc6_2.36-9+deb12u14_amd64.deb',
      sha256: 'ba4f88f73dbc3ae9055f3c20f4523bfdbaf1ad13ff95e258924f77d20b4fbedf',
      license: 'LGPL-2.1-or-later',
    },
    {
      name: 'libstdc++6',
      version: '12.2.0-14+deb12u1',
      path: 'pool/main/g/gcc-12/libstdc++6_12.2.0-14+deb12u1_amd64.deb',
      sha256: '5cd3171216d4ab0fc911cfe9c35509bf2dd8f47761c43b7f6a4296701551a24d',
      license: 'GPL-3.0-or-later WITH GCC-exception-3.1',
    },
    {
      name: 'libgcc-s1',
      version: '12.2.0-14+deb12u1',
      path: 'pool/main/g/gcc-12/libgcc-s1_12.2.0-14+deb12u1_amd64.deb',
      sha256: '3016e62cb4b7cd8038822870601f5ed131befe942774d0f745622cc77d8a88f7',
      license: 'GPL-3.0-or-later WITH GCC-exception-3.1',
    },
  ],
  compiler: 'gcc (Debian 12.2.0-14+deb12u1) 12.2.0',
  /** SHA-256 of what that compiler makes of guest/init.c and of the server's helpers. */
  compiled: {
    'init-production': 'c141451b9488831834bb32738462127bbbfb2631c0ff61796041e28d1ef04287',
    'init-test': 'fc134c162339e90dab93e675a30c8be6dcca9ea94c8a01d18c7e1718572123ee',
    confine: '8b55dfea4720d24ed0e2149f87e4921c14d51b11c56753403c7108923a26b85f',
    'nsm-helper': '7ef6a316a8a8005d5ae4734c60b96a442e4b8de04692e68af642c717ea0662d9',
  },
} as const satisfies {
  kernel: DebianPackage;
  libraries: readonly DebianPackage[];
  compiler: string;
  compiled: Record<string, string>;
};
