import { defineErrors } from '../errors.ts';

/** Errors of turn receipts (docs/receipts.md). */
export const receiptError = defineErrors({
  WAX_RECEIPT_FORM: 'The file is not a receipt of this version',
  WAX_RECEIPT_LOG: 'The log in the receipt is not one that a quorum of its witnesses signed',
  WAX_RECEIPT_ENTRIES: 'The entries of the log do not lead to the checkpoint in the receipt',
  WAX_RECEIPT_TIME: 'The receipt says that it is from the future',
  WAX_RECEIPT_REPORT: 'The report in the receipt is not the one that its contents lead to',
  WAX_RECEIPT_MODEL: 'The receipt names a model that the enclave did not state',
});
