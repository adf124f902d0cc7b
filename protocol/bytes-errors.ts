import { defineErrors } from './errors.ts';

/** Errors of the byte and text decoders (bytes.ts). */
export const bytesError = defineErrors({
  WAX_BYTES_SHORT: 'The data ends before the field it announces',
  WAX_BYTES_TRAILING: 'There are bytes after the end of the data',
  WAX_BYTES_RANGE: 'A number is outside the range that this field can hold',
  WAX_BYTES_HEX: 'The text is not lower-case hexadecimal of the expected length',
  WAX_BYTES_BASE64: 'The text is not canonical padded base64',
  WAX_BYTES_UTF8: 'The bytes are not valid UTF-8 text without a byte order mark',
});
