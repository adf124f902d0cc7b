/** What is in an image and under which terms, for people and in CycloneDX 1.6 for their tools. */
import { createHash } from 'node:crypto';
import type { ImageKind } from './command-lines.ts';
import type { NpmPackage } from './npm.ts';
import { type DebianPackage, pins } from './pins.ts';

export interface Inputs {
  readonly kind: ImageKind;
  readonly debian: readonly DebianPackage[];
  readonly npm: readonly NpmPackage[];
  /** Hex SHA-256. */
  readonly configSha256: string;
  readonly models: readonly { readonly name: string; readonly sha256: string; readonly onDisk: boolean }[];
}

const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** `inputs.json`: each input by digest, with where it comes from and its licence. */
export function inputsJson({ kind, debian, npm, configSha256, models }: Inputs): string {
  return pretty({
    format: 'waxseal-image-inputs/1',
    kind,
    debian,
    npm: npm.map(({ place, name, version, integrity, license }) => ({
      name,
      version,
      place,
      integrity,
      license,
    })),
    compiled: {
      by: pins.compiler,
      init: pins.compiled[`init-${kind}`],
      confine: pins.compiled.confine,
      nsmHelper: pins.compiled['nsm-helper'],
    },
    configSha256,
    models,
  });
}

const license = (expression: string) => [{ expression }];

/** `sbom.cdx.json`. Its serial number follows from its contents, so that the same image has the same list. */
export function sbomJson(inputs: Inputs): string {
  const components = [
    ...inputs.debian.map(({ name, version, sha256, license: terms }) => ({
      ...{
        type: 'library',
        name,
        version,
        purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=amd64`,
      },
      hashes: [{ alg: 'SHA-256', content: sha256 }],
      licenses: license(terms),
    })),
    ...inputs.npm.map(({ name, version, integrity, license: terms }) => ({
      ...{ type: 'library', name, version, purl: `pkg:npm/${name.replace('@', '%40')}@${version}` },
      hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.slice(7), 'base64').toString('hex') }],
      licenses: license(terms),
    })),
    ...inputs.models.map(({ name, sha256 }) => ({
      ...{ type: 'machine-learning-model', name },
      hashes: [{ alg: 'SHA-256', content: sha256 }],
    })),
  ];
  const digest = createHash('sha256').update(JSON.stringify(components)).digest('hex');
  const uuid = digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5');
  return pretty({
    ...{ bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: `urn:uuid:${uuid}`, version: 1 },
    metadata: { component: { type: 'operating-system', name: `waxseal-guest-${inputs.kind}` } },
    components,
  });
}
