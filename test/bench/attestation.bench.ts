import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { parseBase64 } from '../../protocol/bytes.ts';
import { verifyEcdsaP256, verifyEcdsaP384, verifyRsaPss384 } from '../../protocol/signatures.ts';
import { realEvidence } from '../support/attestation/real-evidence.ts';
import { platforms } from '../support/attestation/refusals.ts';
import { type BenchRow, besides } from './measure.ts';

const message = new Uint8Array(1000);
const fromUrl = (text = '') => parseBase64(Buffer.from(text, 'base64url').toString('base64'));

/** A signature of this curve and the check of it alone. */
function ecdsa(curve: 'prime256v1' | 'secp384r1', hash: 'sha256' | 'sha384') {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: curve });
  const { x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  const point = Uint8Array.of(4, ...fromUrl(x), ...fromUrl(y));
  const signature = new Uint8Array(sign(hash, message, { key: privateKey, dsaEncoding: 'ieee-p1363' }));
  const verify = curve === 'prime256v1' ? verifyEcdsaP256 : verifyEcdsaP384;
  return () => verify(point, message, signature);
}

function rsa() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 4096 });
  const { n, e } = createPublicKey(privateKey).export({ format: 'jwk' });
  const options = { key: privateKey, padding: 6, saltLength: 48 };
  const signature = new Uint8Array(sign('sha384', message, options));
  return () => verifyRsaPss384({ modulus: fromUrl(n), exponent: fromUrl(e) }, message, signature);
}

/** Full verification beside as many signature checks of the same kinds as the evidence has. */
export default async function bench(): Promise<BenchRow[]> {
  const [p256, p384, rsa4096] = [ecdsa('prime256v1', 'sha256'), ecdsa('secp384r1', 'sha384'), rsa()];
  const times = (count: number, work: () => Promise<boolean>) => Array.from({ length: count }, () => work);
  // SNP: VCEK, ASK, ARK, list; the report. TDX: quote, QE, 2 of its chain, signer, 2 bodies, 2 lists.
  const bare = {
    snp: [...times(4, rsa4096), p384],
    tdx: times(9, p256),
    nitro: times(4, p384),
  };
  const real = realEvidence();
  const names = { snp: 'turin-v5', tdx: 'v5-emr-2026', nitro: 'prod-pcr8' } as const;
  const rows: BenchRow[] = [];
  for (const { name, folder, make } of platforms) {
    const found = real.find((one) => one.name.includes(names[folder]));
    for (const [kind, evidence] of [
      ['generated', make()],
      ['real', found],
    ] as const) {
      if (evidence === undefined) continue;
      const { input, verifier } = evidence;
      const signatures = async () => {
        for (const verify of bare[folder]) await verify();
      };
      const what = `${name}, ${kind}: full policy, beside ${bare[folder].length} bare signature checks`;
      rows.push(await besides(what, [() => verifier.verify(input), signatures], 'ratio < 2'));
    }
  }
  return rows;
}
