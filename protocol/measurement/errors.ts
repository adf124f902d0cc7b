import { defineErrors } from '../errors.ts';

/** Errors of computing what hardware measures: firmware, and what it starts. */
export const measurementError = defineErrors({
  WAX_MEASURE_SHORT: 'A structure in the image reaches past its end',
  WAX_MEASURE_FOOTER: 'The file is no firmware with a table of GUIDs at its end',
  WAX_MEASURE_SEV: 'The SEV metadata of the firmware is missing or malformed',
  WAX_MEASURE_SECTION: 'The firmware has a section of a kind that is not known, or not on page boundaries',
  WAX_MEASURE_NO_KERNEL_HASHES: 'This firmware cannot measure a kernel, so a launch with one proves nothing',
  WAX_MEASURE_VCPUS: 'The number of virtual processors is not one that a guest can have',
});
