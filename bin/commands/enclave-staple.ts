/** `waxseal enclave staple`: keeps a server in certificates and revocation lists, from the host's side. */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { hardwareVerifiers } from '../../protocol/attestation/hardware.ts';
import { CodedError } from '../../protocol/errors.ts';
import { type Command, exitCodes } from '../command.ts';
import { KDS } from '../staple/kds.ts';
import { StapleKeeper } from '../staple/keeper.ts';
import { PCS, PCS_ROOT_CRL } from '../staple/pcs.ts';
import { enclaveCommandError } from './enclave-errors.ts';

const MINUTE = 60_000;
const EVERY_MS = 10 * MINUTE;
const RETRY_MS = MINUTE;
const MARGIN_MS = 3 * 24 * 60 * MINUTE;

export const stapleCommand: Command = {
  name: 'enclave staple',
  summary: 'keep an enclave server in the chip maker’s certificates and revocation lists',
  help: `Usage: waxseal enclave staple --admin ADDRESS [OPTIONS]

Runs on the host, which can reach the chip maker's service; the enclave cannot. Looks at the server's newest
report every ten minutes. When the certificates and lists that go with it are missing, no longer fit it, or end
within three days, it asks AMD or Intel for new ones, verifies them as a client would, and pushes them in. On
AWS Nitro there is nothing to do.

Options:
  --admin ADDRESS   the server's admin address: a Unix socket's path, or HOST:PORT; required
  --once            look once and end
  --kds URL         another address of AMD's service, such as a cache (${KDS})
  --pcs URL         another address of Intel's service, such as a PCCS (${PCS})
  --root-crl URL    another address of Intel's root list (${PCS_ROOT_CRL})

Example:
  waxseal enclave staple --admin /run/waxseal/admin.sock

Exit codes: 0 stapled (with --once), 10 what came does not fit the machine, 20 server or chip maker cannot be
reached, 30 usage.`,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        admin: { type: 'string' },
        once: { type: 'boolean', default: false },
        kds: { type: 'string', default: KDS },
        pcs: { type: 'string', default: PCS },
        'root-crl': { type: 'string', default: PCS_ROOT_CRL },
      },
    });
    const { admin } = values;
    if (admin === undefined || !/^(\/.+|[^/:]+:[0-9]{1,5})$/.test(admin)) {
      throw enclaveCommandError('WAX_ENCLAVECOMMAND_OPTION', '--admin');
    }
    const keeper = new StapleKeeper({
      admin,
      kds: values.kds,
      pcs: { base: values.pcs, rootCrl: values['root-crl'] },
      verifiers: hardwareVerifiers,
      marginMs: MARGIN_MS,
    });
    for (;;) {
      try {
        console.log(JSON.stringify({ event: await keeper.look() }));
        if (values.once) return exitCodes.ok;
        await wait(EVERY_MS);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        console.error(error.message);
        if (values.once) {
          return error.code === 'WAX_STAPLE_REFUSED' ? exitCodes.rejected : exitCodes.unreachable;
        }
        await wait(RETRY_MS);
      }
    }
  },
};
