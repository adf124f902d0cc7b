import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import type { EvidenceInput } from '../../protocol/attestation/evidence.ts';
import { dcapQvl, type PeerVerdict, peerSays, tinfoil } from '../support/attestation/peer-verdicts.ts';
import { realEvidence } from '../support/attestation/real-evidence.ts';
import { platforms } from '../support/attestation/refusals.ts';
import { peerFolder } from '../support/peers.ts';
import { type BenchRow, besides } from './measure.ts';

/**
 * The signature checks that `work` makes, to be made again by themselves: each imports its key and verifies, one
 * after the other, with WebCrypto and nothing around it.
 */
async function bareSignatures(work: () => Promise<unknown>) {
  const { subtle } = crypto;
  const { verify, importKey } = subtle;
  const imports = new WeakMap<CryptoKey, () => Promise<CryptoKey>>();
  const checks: (() => Promise<boolean>)[] = [];
  // One overload of several: what is passed on is what came.
  const load = importKey.bind(subtle) as (...given: unknown[]) => Promise<CryptoKey>;
  const recorded = async (...given: unknown[]) => {
    const key = await load(...given);
    imports.set(key, () => load(...given));
    return key;
  };
  subtle.importKey = recorded as typeof importKey;
  subtle.verify = (algorithm, key, signature, data) => {
    const again = imports.get(key);
    if (again === undefined) throw new Error('a key was imported before it was recorded');
    checks.push(async () => verify.call(subtle, algorithm, await again(), signature, data));
    return verify.call(subtle, algorithm, key, signature, data);
  };
  await work();
  Object.assign(subtle, { verify, importKey });
  return {
    count: checks.length,
    run: async () => {
      for (const check of checks) await check();
    },
  };
}

/** Size of a bundle of what `file` exports as `name`, minified and compressed. */
async function bundleBytes(file: string, name: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'waxseal-bundle-'));
  const entry = join(folder, 'entry.js');
  writeFileSync(entry, `export { ${name} } from ${JSON.stringify(file)};`);
  try {
    const result = await build({
      configFile: false,
      root: folder,
      logLevel: 'silent',
      build: { write: false, minify: true, lib: { entry, formats: ['es'] } },
    });
    const [first] = [result].flat();
    const parts = first && 'output' in first ? first.output : [];
    const code = parts.map((part) => ('code' in part ? part.code : '')).join('');
    return `${(gzipSync(code).length / 1000).toFixed(1)} KB gzip`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const source = (path: string) =>
  fileURLToPath(new URL(`../../protocol/attestation/${path}`, import.meta.url));

async function sizes(): Promise<BenchRow[]> {
  const peers = { snp: '@tinfoilsh/verifier', tdx: '@phala/dcap-qvl', nitro: null };
  const makers = { snp: 'createSnpVerifier', tdx: 'createTdxVerifier', nitro: 'createNitroVerifier' };
  const rows: BenchRow[] = [];
  for (const { name, folder } of platforms) {
    const peer = peers[folder];
    const place = peer && peerFolder(peer);
    const exported = folder === 'snp' ? 'verifyAttestation' : 'verify';
    rows.push({
      what: `${name}: bundle${peer ? `, beside ${peer}` : ''}`,
      ours: await bundleBytes(source(`${folder}/verify.ts`), makers[folder]),
      beside: place
        ? await bundleBytes(`${place}/${folder === 'snp' ? 'dist' : 'src'}/index.js`, exported)
        : '-',
      ratio: '-',
      goal: '-',
    });
  }
  return rows;
}

const real = realEvidence();
const find = (part: string) => real.find((one) => one.name.includes(part));

/** Only where they accept is there something to compare: a refusal may come early. */
async function besidePeer(what: string, part: string, verdict: PeerVerdict | null): Promise<BenchRow[]> {
  const evidence = find(part);
  if (evidence === undefined || verdict === null) return [];
  const { input, verifier } = evidence;
  const says = (given: EvidenceInput) => peerSays(verdict, given);
  if (!(await says(input)).startsWith('accepted')) throw new Error(`${what} does not take ${part}`);
  return [await besides(what, [() => verifier.verify(input), () => says(input)], 'ratio < 1')];
}

/** Full verification beside exactly its own signature checks, beside peers on the same bytes, and in bytes. */
export default async function bench(): Promise<BenchRow[]> {
  const names = { snp: 'turin-v5', tdx: 'v5-emr-2026', nitro: 'prod-pcr8' } as const;
  const rows: BenchRow[] = [];
  for (const { name, folder, make } of platforms) {
    for (const [kind, evidence] of [
      ['generated', make()],
      ['real', find(names[folder])],
    ] as const) {
      if (evidence === undefined) continue;
      const { input, verifier } = evidence;
      const bare = await bareSignatures(() => verifier.verify(input));
      const what = `${name}, ${kind}: full policy, beside ${bare.count} bare signature checks`;
      rows.push(await besides(what, [() => verifier.verify(input), bare.run], 'ratio < 2'));
    }
  }
  return [
    ...rows,
    ...(await besidePeer('Intel TDX, real: beside @phala/dcap-qvl', 'v5-emr-2026', await dcapQvl())),
    ...(await besidePeer('AMD SEV-SNP, real Genoa: beside @tinfoilsh/verifier', 'genoa-v3', await tinfoil())),
    ...(await sizes()),
  ];
}
