/**
 * `npm run image:build -- [--config FILE --models DIR] [--model-on-disk] [--firmware FILE] [--out DIR]`: the guest
 * image that operators start and that anybody can build again to the same bytes.
 */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { demoConfig, demoModels } from '../enclave-server/demo-config.ts';
import { CodedError } from '../protocol/errors.ts';
import { buildImage } from './image.ts';
import { fetchOptions, imageFolder, readFetch, readOptions } from './options.ts';

async function main(): Promise<void> {
  const values = readOptions({
    ...fetchOptions,
    config: { type: 'string' },
    models: { type: 'string', default: demoModels },
    'model-on-disk': { type: 'boolean', default: false },
    firmware: { type: 'string' },
    out: { type: 'string', default: imageFolder('production') },
  });
  const fetching = readFetch(values);
  let config = values.config;
  if (config === undefined) {
    // Something to look at and to compare for who has no service of their own.
    config = join(fetching.cache, 'demo-enclave.json');
    await writeFile(config, `${JSON.stringify(demoConfig('https://enclave.example'), null, 2)}\n`);
  }
  const { folder } = await buildImage({
    ...fetching,
    kind: 'production',
    config,
    models: values.models,
    modelOnDisk: values['model-on-disk'],
    firmware: values.firmware ?? null,
    out: resolve(values.out),
    tree: null,
    onStep: (step) => console.error(`${step} …`),
  });
  console.log(folder);
}

main().catch((error: unknown) => {
  console.error(error instanceof CodedError ? error.message : error);
  process.exitCode = 1;
});
