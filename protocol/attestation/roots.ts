/**
 * The roots that hardware evidence must end in: SHA-256 of the DER certificate as the vendor publishes it.
 * A root that a server supplies is compared with these and is never a source of trust.
 * @module
 */

/** AMD root keys (ARK), one for each chain: kdsintf.amd.com/vcek/v1/{Milan,Genoa,Turin}/cert_chain. */
export const AMD_ROOTS = {
  Milan: '69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd',
  Genoa: '4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1',
  Turin: '1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a',
} as const;

/** Intel SGX Root CA. */
export const INTEL_ROOT = '44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3';

/** AWS Nitro Enclaves root G1. */
export const AWS_ROOT = '641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b';
