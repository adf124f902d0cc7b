import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attestationRequest, documentIn } from '../../../enclave-server/attester/nitro/message.ts';
import { openNitro } from '../../../enclave-server/attester/nitro/source.ts';
import type { EvidenceSource } from '../../../enclave-server/attester/source.ts';
import { reportDataOf } from '../../../enclave-server/report-data.ts';
import { encodeByteString, parseCbor } from '../../../protocol/attestation/cbor.ts';
import { concatBytes, toHex, utf8 } from '../../../protocol/bytes.ts';
import type { CodedError } from '../../../protocol/errors.ts';
import { makeNitro } from '../../support/attestation/aws-pki.ts';
import { realEvidence } from '../../support/attestation/real-evidence.ts';
import { canFakeKernel, FakeKernel } from '../../support/fake-kernel.ts';

const text = (value: string) => concatBytes(Uint8Array.of(0x60 | value.length), utf8(value));
const responseWith = (document: Uint8Array) =>
  concatBytes(
    ...[Uint8Array.of(0xa1), text('Attestation'), Uint8Array.of(0xa1), text('document')],
    encodeByteString(document),
  );

describe('messages of the Nitro security module', () => {
  it('asks with exactly the bytes that the module expects', () => {
    const request = attestationRequest(new Uint8Array(64).fill(0xab));
    expect(request).toHaveLength(109);
    expect(toHex(request)).toBe(
      `a16b4174746573746174696f6ea369757365725f646174615840${'ab'.repeat(64)}656e6f6e6365f66a7075626c69635f6b6579f6`,
    );
    const inner = parseCbor(request);
    expect(inner).toEqual(
      new Map([
        [
          'Attestation',
          new Map<string, unknown>([
            ['user_data', new Uint8Array(64).fill(0xab)],
            ['nonce', null],
            ['public_key', null],
          ]),
        ],
      ]),
    );
  });

  it('finds the document, and says what the module says instead of one', () => {
    expect(documentIn(responseWith(utf8('document')))).toEqual(utf8('document'));
    const error = concatBytes(Uint8Array.of(0xa1), text('Error'), text('InvalidOperation'));
    expect(() => documentIn(error)).toThrow(/WAX_ENCLAVE_REPORT.*InvalidOperation/);
    const strange = concatBytes(Uint8Array.of(0xa1), text('Error'), text('a b\n'));
    expect(() => documentIn(strange)).toThrow(/WAX_ENCLAVE_REPORT.*not an attestation response/);
  });

  it('throws only its own code, on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          documentIn(bytes);
        } catch (error) {
          expect((error as CodedError).code).toBe('WAX_ENCLAVE_REPORT');
        }
      }),
      { seed: 1 },
    );
  });
});

describe.skipIf(!canFakeKernel)('documents through the helper', { timeout: 60_000 }, () => {
  let kernel: FakeKernel;
  let source: EvidenceSource;
  beforeAll(() => {
    kernel = new FakeKernel();
    source = openNitro({ helper: kernel.helper, env: kernel.env });
  });
  afterAll(async () => {
    await source.close();
    kernel.remove();
  });
  const document = makeNitro().input.evidence;

  it('gives the document, and the device gets the request and nothing else', async () => {
    expect(source.evidenceType).toBe(3);
    for (let round = 0; round < 3; round++) {
      kernel.reset({ response: responseWith(document) });
      const data = new Uint8Array(randomBytes(64));
      const { evidence, certificates } = await source.report(data);
      expect(Buffer.from(evidence).equals(document)).toBe(true);
      expect(certificates).toHaveLength(0);
      expect(kernel.requests).toEqual(Buffer.from(attestationRequest(data)));
    }
  });

  it.skipIf(realEvidence().length === 0)('hands on real documents as they are', async () => {
    const real = realEvidence().filter(
      ({ platform, expected }) => platform === 'nitro' && expected.crypto === 'valid',
    );
    expect(real.length).toBeGreaterThan(4);
    for (const { name, input } of real) {
      kernel.reset({ response: responseWith(input.evidence) });
      const { evidence } = await source.report(new Uint8Array(64));
      expect(Buffer.from(evidence).equals(input.evidence), name).toBe(true);
    }
  });

  it('says which error the device has, and works again afterwards', async () => {
    kernel.reset({ response: responseWith(document), errors: '110\n' });
    await expect(source.report(new Uint8Array(64))).rejects.toThrow(/WAX_ENCLAVE_REPORT.*errno 110/);
    await source.report(new Uint8Array(64));
  });

  it.each([4, 11, 16])(
    'says that the device is busy, errno %d, and works again afterwards',
    async (errno) => {
      kernel.reset({ response: responseWith(document), errors: `${errno}\n` });
      await expect(source.report(new Uint8Array(64))).rejects.toThrow('WAX_ENCLAVE_REPORT_BUSY');
      await source.report(new Uint8Array(64));
    },
  );

  it('refuses an answer that the driver has cut off', async () => {
    kernel.reset({ response: responseWith(new Uint8Array(0x3000)) });
    await expect(source.report(new Uint8Array(64))).rejects.toThrow(/WAX_ENCLAVE_REPORT.*errno 90/);
  });

  it('gives up a device that does not answer, without holding up anything else', async () => {
    const hanging = openNitro({ helper: kernel.helper, env: kernel.env, hangMs: 200 });
    kernel.reset({ response: responseWith(document), sleep: '60000' });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    await expect(hanging.report(new Uint8Array(64))).rejects.toThrow(/WAX_ENCLAVE_REPORT.*does not answer/);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(6);
    kernel.set({ sleep: '0' });
    await hanging.report(new Uint8Array(64));
    await hanging.close();
  });

  it('fails where there is no device, no helper, or a helper that talks nonsense', async () => {
    const real = openNitro({ helper: kernel.helper });
    await expect(real.report(new Uint8Array(64))).rejects.toThrow(/WAX_ENCLAVE_REPORT.*helper ended/);
    const missing = openNitro({ helper: '/nowhere/nsm-helper' });
    await expect(missing.report(new Uint8Array(64))).rejects.toThrow(/WAX_ENCLAVE_REPORT.*helper ended/);
    const nonsense = openNitro({
      helper: '/bin/sh',
      args: ['-c', 'head -c 9 /dev/zero; echo xxxxxx; sleep 9'],
    });
    await expect(nonsense.report(new Uint8Array(64))).rejects.toThrow('WAX_ENCLAVE_REPORT');
    await nonsense.close();
  });
});

describe('the data that a document covers', () => {
  it('is its user data of 64 bytes, and there is none in others', () => {
    const { evidence, expectedReportData } = makeNitro().input;
    expect(reportDataOf(3, evidence)).toEqual(expectedReportData);
    expect(() => reportDataOf(3, evidence.slice(1))).toThrow('WAX_ENCLAVE_REPORT');
    expect(() => reportDataOf(9, evidence)).toThrow('WAX_ENCLAVE_REPORT');
  });
});
