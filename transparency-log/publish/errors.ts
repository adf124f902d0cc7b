import { defineErrors } from '../../protocol/errors.ts';

/** Errors of making and signing entries. */
export const publishError = defineErrors({
  WAX_PUBLISH_POLICY: 'The entry is not a policy',
  WAX_PUBLISH_OTHER_POLICY: 'The statement was drafted under another policy, so the log would refuse it',
  WAX_PUBLISH_STRANGER: 'The key is not that of a publisher under this policy',
  WAX_PUBLISH_FILES: 'The folder does not hold the files of an extension, and nothing else',
  WAX_PUBLISH_PACKAGE: 'The package is not one that every browser would unpack in the same way',
  WAX_PUBLISH_KIND:
    'The statement is of a kind that this version does not know, so it cannot be shown or signed',
});
