/** Starts the engine that the measured configuration names. @module */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { EnclaveConfig } from '../config.ts';
import type { Engine, EngineModel } from './engine.ts';
import { engineError } from './errors.ts';
import { startLlamaEngine } from './llama-engine.ts';
import { verifyModel } from './model-copy.ts';
import { startOpenAiEngine } from './openai-engine.ts';

export interface StartEngineOptions {
  /** Folder of the model files. */
  models: string;
  /** Folder of the built server, with the script of the engine process and what confines it. */
  code: string;
  /** Told when an engine has gone, or does not come back and was ended. */
  onCrash: (how: 'crashed' | 'hung') => void;
}

/** Resolves when the engine can answer; rejects with WAX_ENCLAVE_MODEL or WAX_ENGINE_START. */
export async function startEngine(
  { engine, models }: Pick<EnclaveConfig, 'engine' | 'models'>,
  { models: folder, code, onCrash }: StartEngineOptions,
): Promise<Engine> {
  const paths = models.map((model) => ({ ...model, path: join(folder, model.file) }));
  if (engine.kind === 'openai') {
    // The engine reads its model itself; that these are the bytes that it will find is all that can be seen here.
    for (const { path, sha256 } of paths) await verifyModel(path, sha256);
    const { endpoint, sequences } = engine;
    return startOpenAiEngine({ endpoint, sequences, models, onCrash: () => onCrash('crashed') });
  }
  const { sequences, threads, recycleAfterSessions, recycleIdleS } = engine;
  const confine = join(code, 'confine');
  return startLlamaEngine({
    script: join(code, 'engine-child.js'),
    // Part of the measured image or not there at all: nobody can take it away at run time.
    confine: existsSync(confine) ? confine : null,
    models: paths.map((model) => ({ ...model, template: requireTemplate(model) })),
    sequences,
    threads,
    recycleAfterSessions,
    recycleIdleMs: 1000 * recycleIdleS,
    onCrash,
  });
}

function requireTemplate({
  template,
}: {
  template: EngineModel['template'] | null;
}): EngineModel['template'] {
  if (template === null) throw engineError('WAX_ENGINE_START');
  return template;
}
