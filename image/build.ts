/**
 * `npm run image:build -- [--config FILE --models DIR] [--model-on-disk] [--firmware FILE] [--shapes FILE] [--out DIR]`:
 * the guest image that operators start and that anybody can build again to the same bytes, with its measurements.
 */
import { existsSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measureFolder } from '../bin/image-folder.ts';
import { demoConfig, demoModels } from '../enclave-server/demo-config.ts';
import { CodedError } from '../protocol/errors.ts';
import { measurementsOf } from '../protocol/measurement/image.ts';
import { buildImage } from './image.ts';
import { fetchOptions, imageFolder, readFetch, readOptions } from './options.ts';

const say = (line: string) => console.error(line);

/** Writes what hardware will report of the image; needs the firmware that starts it. */
async function writeMeasurements(folder: string, shapes: string): Promise<void> {
  await copyFile(shapes, join(folder, 'shapes.json'));
  say('measurements …');
  const measured = await measureFolder({ image: folder, shapes: undefined, firmware: undefined });
  const measurements = measurementsOf(measured);
  const text = JSON.stringify({ format: 'waxseal-measurement/1', measurements, shapes: measured }, null, 2);
  await writeFile(join(folder, 'measurements.json'), `${text}\n`);
}

async function main(): Promise<void> {
  const values = readOptions({
    ...fetchOptions,
    config: { type: 'string' },
    models: { type: 'string', default: demoModels },
    'model-on-disk': { type: 'boolean', default: false },
    firmware: { type: 'string', default: imageFolder('firmware.fd') },
    shapes: { type: 'string', default: fileURLToPath(new URL('shapes.json', import.meta.url)) },
    out: { type: 'string', default: imageFolder('production') },
  });
  const fetching = readFetch(values);
  let config = values.config;
  if (config === undefined) {
    // Something to look at and to compare for who has no service of their own.
    config = join(fetching.cache, 'demo-enclave.json');
    await writeFile(config, `${JSON.stringify(demoConfig('https://enclave.example'), null, 2)}\n`);
  }
  const firmware = existsSync(values.firmware) ? values.firmware : null;
  const { folder } = await buildImage({
    ...fetching,
    kind: 'production',
    config,
    models: values.models,
    modelOnDisk: values['model-on-disk'],
    firmware,
    out: resolve(values.out),
    tree: null,
    onStep: (step) => say(`${step} …`),
  });
  if (firmware === null)
    say(`No firmware at ${values.firmware}, so nothing is measured: npm run image:firmware`);
  else await writeMeasurements(folder, values.shapes);
  console.log(folder);
}

main().catch((error: unknown) => {
  console.error(error instanceof CodedError ? error.message : error);
  process.exitCode = 1;
});
