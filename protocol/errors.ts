/**
 * Coded errors. Each area of the project declares one table (code to plain sentence) with `defineErrors`
 * and throws only what that table holds, so that a caller can switch on `code` and docs/error-codes.md can
 * list every row.
 * @module
 */

/** An error with a stable code. Its message never holds a prompt, a key or any other secret. */
export class CodedError extends Error {
  override readonly name = 'CodedError';
  readonly code: string;
  /** What was found, in short: a number, a field name. Empty where the sentence says it all. */
  readonly detail: string;

  constructor(code: string, sentence: string, detail: string, options?: ErrorOptions) {
    super(detail === '' ? `${code}: ${sentence}.` : `${code}: ${sentence}: ${detail}.`, options);
    this.code = code;
    this.detail = detail;
  }
}

/** Codes of one area, each with a sentence that starts with a capital and has no full stop. */
export type ErrorTable = Record<`WAX_${string}`, string>;

/** Makes errors of one area; `table` is what docs/error-codes.md is checked against. */
export interface ErrorFactory<Table extends ErrorTable> {
  (code: keyof Table & string, detail?: string, options?: ErrorOptions): CodedError;
  readonly table: Table;
}

/** Declares the error table of one area. */
export function defineErrors<Table extends ErrorTable>(table: Table): ErrorFactory<Table> {
  const make = (code: keyof Table & string, detail = '', options?: ErrorOptions): CodedError =>
    new CodedError(code, table[code] as string, detail, options);
  return Object.assign(make, { table });
}
