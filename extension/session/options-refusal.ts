import { CodedError } from '../../protocol/errors.ts';
import type { OptionsView } from '../ui/surfaces/options.ts';

/** The field that a reader of shapes complains of, out of `path: what`. */
function shapePlace(detail: string): string {
  const [path = '', what = ''] = detail.split(': ');
  const key = /^"([^"]*)" is /.exec(what)?.[1];
  return key === undefined ? path : `${path}.${key}`;
}

function placeOf({ code, detail }: CodedError, cause: CodedError | null): string | null {
  if (cause?.code === 'WAX_JSON_SHAPE') return shapePlace(cause.detail);
  return code === 'WAX_POLICY_KEY' && cause !== null ? detail : null;
}

/** What a surface says of an error: codes, and where in a file. Anything but a coded error is thrown again. */
export function refusalOf(error: unknown): NonNullable<OptionsView['refusal']> {
  if (!(error instanceof CodedError)) throw error;
  // The background answers with a code alone; `ask` keeps one that is not the extension's own as the detail.
  const isForeign = error.code === 'WAX_EXT_REFUSED' && /^WAX_\w+$/.test(error.detail);
  const cause = error.cause instanceof CodedError ? error.cause : null;
  return {
    code: isForeign ? error.detail : error.code,
    reason: cause?.code ?? null,
    place: placeOf(error, cause),
  };
}
