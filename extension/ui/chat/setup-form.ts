/** The drawer's fields as text, and as the settings they stand for. @module */
import type { ChatSetup } from '../surfaces/chat.ts';

export interface SetupForm {
  readonly system: string;
  readonly temperature: string;
  readonly topP: string;
  readonly maxTokens: string;
  /** One stop text a line. */
  readonly stop: string;
  readonly seed: string;
}
export type SetupField = keyof SetupForm;

/** Limits of the enclave's own reader; a field beyond them would only be refused there. */
export const setupLimits = { temperature: 2, topP: 1, stops: 4, stopLength: 64, seed: 0xffff_ffff } as const;

const text = (value: number | null) => (value === null ? '' : String(value));

export function formOf({ system, temperature, topP, maxTokens, stop, seed }: ChatSetup): SetupForm {
  return {
    system,
    temperature: text(temperature),
    topP: text(topP),
    maxTokens: text(maxTokens),
    stop: stop.join('\n'),
    seed: text(seed),
  };
}

/** A number from `least` to `most`, written with a point or a comma; null for an empty field, NaN for no number. */
function readNumber(value: string, least: number, most: number, whole: boolean): number | null {
  const trimmed = value.trim();
  if (trimmed === '') return null;
  if (!(whole ? /^\d{1,10}$/ : /^\d{1,3}(?:[.,]\d{1,6})?$/).test(trimmed)) return Number.NaN;
  const number = Number(trimmed.replace(',', '.'));
  return number >= least && number <= most ? number : Number.NaN;
}

/** Reads the fields. What is wrong keeps its value from `last`, and is named. */
export function readForm(
  form: SetupForm,
  last: ChatSetup,
  maxOutputTokens: number,
): { readonly setup: ChatSetup; readonly wrong: readonly SetupField[] } {
  const wrong: SetupField[] = [];
  const number = (
    field: 'temperature' | 'topP' | 'maxTokens' | 'seed',
    least: number,
    most: number,
    whole: boolean,
  ) => {
    const read = readNumber(form[field], least, most, whole);
    if (!Number.isNaN(read)) return read;
    wrong.push(field);
    return last[field];
  };
  const stops = form.stop.split('\n').filter((line) => line !== '');
  const stopsFit =
    stops.length <= setupLimits.stops && stops.every((stop) => stop.length <= setupLimits.stopLength);
  if (!stopsFit) wrong.push('stop');
  const setup: ChatSetup = {
    model: last.model,
    system: form.system,
    temperature: number('temperature', 0, setupLimits.temperature, false),
    topP: number('topP', 0, setupLimits.topP, false),
    maxTokens: number('maxTokens', 1, maxOutputTokens, true),
    stop: stopsFit ? stops : last.stop,
    seed: number('seed', 0, setupLimits.seed, true),
  };
  return { setup, wrong };
}

/** Whether anything differs from what the enclave would do by itself. */
export function isPlain({ model, system, temperature, topP, maxTokens, stop, seed }: ChatSetup): boolean {
  const numbers = [model, temperature, topP, maxTokens, seed];
  return system.trim() === '' && stop.length === 0 && numbers.every((value) => value === null);
}
