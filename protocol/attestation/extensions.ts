import type { DerReader } from './der.ts';
import { DerReader as Reader, tags } from './der.ts';
import { attestationError } from './errors.ts';
import { oids } from './oids.ts';

interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength: number | undefined;
}

interface KeyUsage {
  readonly digitalSignature: boolean;
  readonly keyCertSign: boolean;
  readonly crlSign: boolean;
}

/** Extensions of a certificate; `others` maps the rest by object identifier to the extnValue bytes. */
export interface Extensions {
  readonly basicConstraints: BasicConstraints | null;
  readonly keyUsage: KeyUsage | null;
  readonly others: ReadonlyMap<string, Uint8Array>;
}

const MAX_EXTENSIONS = 32;

/**
 * Reads a SEQUENCE OF Extension (RFC 5280 section 4.1.2.9) into a map from object identifier to extnValue.
 * `understood` lists those that may be critical; a critical one beyond them, and any named twice, is refused.
 */
export function readExtensionMap(list: DerReader, understood: readonly string[]): Map<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  while (list.next !== null) {
    const extension = list.enter(tags.sequence);
    const oid = extension.oid();
    const critical = extension.next === tags.boolean;
    // The default, FALSE, is not written in DER.
    if (critical && !extension.boolean()) throw attestationError('WAX_DER_VALUE', 'BOOLEAN default');
    const value = extension.octetString();
    extension.end();
    if (values.has(oid)) throw attestationError('WAX_X509_EXTENSION', `${oid} twice`);
    if (critical && !understood.includes(oid))
      throw attestationError('WAX_X509_EXTENSION', `${oid} is critical`);
    if (values.size === MAX_EXTENSIONS) throw attestationError('WAX_X509_EXTENSION', 'too many');
    values.set(oid, value);
  }
  return values;
}

function readBasicConstraints(value: Uint8Array): BasicConstraints {
  const outer = new Reader(value);
  const fields = outer.enter(tags.sequence);
  outer.end();
  const ca = fields.next === tags.boolean;
  if (ca && !fields.boolean()) throw attestationError('WAX_DER_VALUE', 'BOOLEAN default');
  const pathLength = fields.next === tags.integer ? fields.integer(16) : undefined;
  fields.end();
  return { ca, pathLength };
}

function readKeyUsage(value: Uint8Array): KeyUsage {
  const outer = new Reader(value);
  const bits = outer.namedBits();
  outer.end();
  return {
    digitalSignature: bits[0] === true,
    keyCertSign: bits[5] === true,
    crlSign: bits[6] === true,
  };
}

/** Reads the extensions of a certificate, whose list `list` walks over. */
export function readExtensions(list: DerReader): Extensions {
  const others = readExtensionMap(list, [oids.basicConstraints, oids.keyUsage]);
  const constraints = others.get(oids.basicConstraints);
  const usage = others.get(oids.keyUsage);
  others.delete(oids.basicConstraints);
  others.delete(oids.keyUsage);
  return {
    basicConstraints: constraints ? readBasicConstraints(constraints) : null,
    keyUsage: usage ? readKeyUsage(usage) : null,
    others,
  };
}
