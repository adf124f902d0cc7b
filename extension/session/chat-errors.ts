import { defineErrors } from '../../protocol/errors.ts';

/** Why a file was not attached to a message. The file's words are in none of these. */
export const chatError = defineErrors({
  WAX_CHAT_FILE_SIZE: 'The files of one message are longer than Waxseal sends',
  WAX_CHAT_FILE_COUNT: 'One message may carry eight files',
  WAX_CHAT_FILE_TEXT: 'The file is not plain text in UTF-8',
});
