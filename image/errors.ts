import { defineErrors } from '../protocol/errors.ts';

/** Errors of building a guest image. */
export const imageError = defineErrors({
  WAX_IMAGE_INPUT: 'An input of the image is not the one that is pinned',
  WAX_IMAGE_FETCH: 'An input of the image could not be fetched',
  WAX_IMAGE_TOOL: 'A program that builds the image is missing or failed',
  WAX_IMAGE_COMPILER: 'This compiler makes another program than the one that is pinned',
  WAX_IMAGE_ENTRY: 'A file cannot stand in the archive',
  WAX_IMAGE_BOOT: 'The image did not start',
  WAX_IMAGE_MODEL: 'A model of the configuration is missing or is not the one that it names',
  WAX_IMAGE_OPTION: 'An option of the command is missing or malformed',
});
