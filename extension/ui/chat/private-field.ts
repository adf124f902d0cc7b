/** What every field that holds a person's words carries: no spelling service, no suggestions, no translation. */
export const privateField = {
  dir: 'auto',
  spellcheck: false,
  autocomplete: 'off',
  autocapitalize: 'off',
  autocorrect: 'off',
  translate: false,
  writingsuggestions: 'false',
} as const;
