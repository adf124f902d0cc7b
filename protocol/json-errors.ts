import { defineErrors } from './errors.ts';

/** Errors of the strict JSON reader (json.ts) and of the shape readers (shape.ts). */
export const jsonError = defineErrors({
  WAX_JSON_SYNTAX: 'The text is not JSON',
  WAX_JSON_DUPLICATE_KEY: 'An object names the same key twice',
  WAX_JSON_NUMBER: 'A number is not an integer that can be held exactly',
  WAX_JSON_DEPTH: 'The values are nested too deeply',
  WAX_JSON_SIZE: 'The text is longer, or has more values, than allowed here',
  WAX_JSON_SHAPE: 'A value does not have the form that is required here',
});
