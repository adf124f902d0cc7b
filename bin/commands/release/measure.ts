/** `waxseal release measure` and `check`: an image's measurements, and whether a release states the same. */
import { parseArgs } from 'node:util';
import { CodedError } from '../../../protocol/errors.ts';
import {
  type Comparison,
  compareMeasurements,
  type Difference,
} from '../../../protocol/measurement/compare.ts';
import { measurementsOf, type ShapeMeasurement } from '../../../protocol/measurement/image.ts';
import { type Command, exitCodes } from '../../command.ts';
import { measureFolder, readPublished } from '../../image-folder.ts';
import { required } from './context.ts';
import { releaseCommandError } from './errors.ts';
import { type FoundEntry, fetchEntry, findEntry, findLedger } from './find-entry.ts';

const imageOptions = {
  image: { type: 'string' },
  shapes: { type: 'string' },
  firmware: { type: 'string', multiple: true },
  json: { type: 'boolean' },
} as const;

const imageHelp = `  --image DIR        folder of the image (docs/rebuild.md): kernel, initramfs, cmdline, firmware.fd, image.eif
  --shapes FILE      the machines to measure for (shapes.json of the folder)
  --firmware FILE    a firmware that lies elsewhere; may be repeated`;

function explain(measured: readonly ShapeMeasurement[]): string[] {
  return measured.flatMap(({ platform, shape, registers, events }) => [
    `${platform}, ${shape}`,
    ...Object.entries(registers).flatMap(([register, value]) => [
      ...events
        .filter((event) => event.register === register)
        .map((event) => `  ${register}  ${event.value}  ${event.text}${event.running ? ' (so far)' : ''}`),
      `  ${register} = ${value}`,
    ]),
  ]);
}

export const measureCommand: Command = {
  name: 'release measure',
  summary: 'compute what hardware reports of a guest image',
  help: `Usage: waxseal release measure --image DIR [--shapes FILE] [OPTIONS]

Computes the measurements of a guest image from its parts, for each shape of machine, and prints the measurements
object of a release. Nothing is started, and no special hardware is needed.

  { "format": "waxseal-shapes/1", "shapes": [
    { "platform": "sev-snp", "shape": "Genoa, 4 vCPU", "vcpuType": "EPYC-Genoa", "vcpus": 4, "guestFeatures": 1 },
    { "platform": "tdx", "shape": "16 GiB", "memoryBytes": 17179869184, "pageOrder": "single-pass",
      "acpi": { "loader": "<48 bytes>", "rsdp": "<48 bytes>", "tables": "<48 bytes>" } },
    { "platform": "nitro", "shape": "any" } ] }

A shape may name its "firmware" by SHA-256. waxseal release acpi reads the acpi digests out of the event log of one
boot of that shape. guestFeatures is 1 where the host runs Linux 6.8 or newer. pageOrder is single-pass for QEMU with
the TDX support of Linux, two-pass for the forks before it. Shapes on EC2, Google Cloud and Azure are refused: what is
measured there is the provider's firmware.

Options:
${imageHelp}
  --explain          print every step of every register, in order
  --json             one JSON object; with --explain, the file to publish beside a release (waxseal-measurement/1)

Exit codes: 0 printed, 30 a part is missing or malformed, or cannot be measured.`,
  async run(args) {
    const { values } = parseArgs({ args, options: { ...imageOptions, explain: { type: 'boolean' } } });
    const { image, shapes, firmware } = values;
    const measured = await measureFolder({ image: required(image, 'image'), shapes, firmware });
    const measurements = measurementsOf(measured);
    if (values.explain && !values.json) console.log(explain(measured).join('\n'));
    else if (values.explain) {
      console.log(JSON.stringify({ format: 'waxseal-measurement/1', measurements, shapes: measured }));
    } else console.log(JSON.stringify(measurements, null, values.json ? 0 : 2));
    return exitCodes.ok;
  },
};

function differenceLines(difference: Difference): string[] {
  const { platform, shape } = difference;
  if (difference.kind === 'not-computed') return [`FAIL  ${platform}, ${shape}: the shapes do not have it`];
  if (difference.kind === 'not-released')
    return [`FAIL  ${platform}, ${shape}: the release does not name it`];
  const { register, stated, computed, parts, steps } = difference;
  return [
    `FAIL  ${platform}, ${shape}, ${register}: ${steps.length > 0 ? 'other' : 'other, one of'} ${parts.join(', ')}`,
    ...steps.map((step) => `        at: ${step}`),
    `        stated   ${stated}`,
    `        computed ${computed}`,
  ];
}

function describe(
  { statement, logged }: FoundEntry<'release'>,
  { agreeing, differences }: Comparison,
): string {
  const where = logged
    ? `entry ${logged.index}, signed by ${logged.signers.join(', ')}`
    : 'as it came; who signed it and whether it is in force, only --domain can tell';
  return [
    `${statement.product} version ${statement.version}: ${where}`,
    `${agreeing} registers agree.`,
    ...differences.flatMap(differenceLines),
    differences.length === 0
      ? 'This image is the one that the release approves.'
      : 'This image is not the one that the release approves.',
  ].join('\n');
}

export const checkCommand: Command = {
  name: 'release check',
  summary: 'compare a release with an image that you have',
  help: `Usage: waxseal release check ENTRY --image DIR [--shapes FILE] [OPTIONS]

Computes the measurements of an image and compares them with those that a release states, register by register.
ENTRY is a file, or with --domain or --log the number of an entry of the log.

Options:
  --domain FILE      trust domain of the log: the log is fetched and verified, and the release has to be in force
  --log URL          instead, any log: the entry is taken as it comes, whoever signed it and whatever became of it
${imageHelp}
  --published FILE   what the publishers printed with waxseal release measure --explain --json: names the step that
                     differs. It is not believed: without it the verdict is the same
  --json             print one JSON object (waxseal-release-check/1)

Exit codes: 0 the same, 10 different, or taken back, or not in the log, 20 the log could not be verified, 30 an option
or a file is malformed.`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...imageOptions,
        domain: { type: 'string' },
        log: { type: 'string' },
        published: { type: 'string' },
      },
    });
    const [name, ...rest] = positionals;
    if (name === undefined || rest.length > 0)
      throw releaseCommandError('WAX_RELEASECMD_OPTION', 'one ENTRY');
    const { image, shapes, firmware, published } = values;
    if (values.domain !== undefined && values.log !== undefined) {
      throw releaseCommandError('WAX_RELEASECMD_OPTION', '--domain or --log, not both');
    }
    const options = { image: required(image, 'image'), shapes, firmware };
    try {
      const entry =
        values.log === undefined
          ? await findEntry('release', name, await findLedger(values.domain))
          : await fetchEntry('release', name, values.log);
      const account = published === undefined ? [] : await readPublished(published);
      const comparison = compareMeasurements(
        entry.statement.measurements,
        await measureFolder(options),
        account,
      );
      const isSame = comparison.differences.length === 0;
      const { statement, statementSha256, logged } = entry;
      const about = { product: statement.product, version: statement.version, statementSha256, logged };
      const verdict = isSame ? 'same' : 'different';
      console.log(
        values.json
          ? JSON.stringify({ format: 'waxseal-release-check/1', verdict, entry: about, ...comparison })
          : describe(entry, comparison),
      );
      return isSame ? exitCodes.ok : exitCodes.rejected;
    } catch (error) {
      return exitOf(error);
    }
  },
};

/** What a log says no to is a verdict; what cannot be asked is none. Everything else is the caller's. */
export function exitOf(error: unknown): number {
  if (!(error instanceof CodedError)) throw error;
  const codes: { [code: string]: number } = {
    WAX_RELEASECMD_ENTRY: exitCodes.rejected,
    WAX_RELEASECMD_LOG: exitCodes.unreachable,
    WAX_AUDIT_UNREACHABLE: exitCodes.unreachable,
  };
  const code = codes[error.code];
  if (code === undefined) throw error;
  console.error(error.message);
  return code;
}
