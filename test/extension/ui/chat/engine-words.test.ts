import { beforeAll, describe, expect, it } from 'vitest';
import de from '../../../../extension/public/_locales/de/messages.json' with { type: 'json' };
import { engineText } from '../../../../extension/ui/chat/engine-words.ts';
import { setMessageSource } from '../../../../extension/ui/i18n/messages.ts';
import { catalogueSource } from '../catalogue.ts';

beforeAll(() => setMessageSource(catalogueSource('de', de)));

describe('what is said of an engine that gave no answer', () => {
  it('names the error in the language of the reader', () => {
    expect(engineText('model-unknown')).toBe(
      'Das sagt die Enklave, innerhalb des Siegels: unbekanntes Modell.',
    );
  });

  it('is only that the enclave said so, where no known error is named', () => {
    const open = 'Das sagt die Enklave, innerhalb des Siegels.';
    for (const reason of [undefined, 'the engine failed', 'toString']) expect(engineText(reason)).toBe(open);
  });
});
