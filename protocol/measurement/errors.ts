import { defineErrors } from '../errors.ts';

/** Errors of computing what hardware measures: firmware, and what it starts. */
export const measurementError = defineErrors({
  WAX_MEASURE_SHORT: 'A structure in the image reaches past its end',
  WAX_MEASURE_FOOTER: 'The file is no firmware with a table of GUIDs at its end',
  WAX_MEASURE_SEV: 'The SEV metadata of the firmware is missing or malformed',
  WAX_MEASURE_SECTION: 'The firmware has a section of a kind that is not known, or not on page boundaries',
  WAX_MEASURE_NO_KERNEL_HASHES: 'This firmware cannot measure a kernel, so a launch with one proves nothing',
  WAX_MEASURE_VCPUS: 'The number of virtual processors is not one that a guest can have',
  WAX_MEASURE_TDX: 'The TDX metadata of the firmware is missing or malformed',
  WAX_MEASURE_MEMORY: 'The memory is not of a size that a guest can have',
  WAX_MEASURE_EVENT_LOG: 'The file is no event log of a trust domain',
  WAX_MEASURE_ACPI: 'The event log does not have the three tables that describe hardware',
  WAX_MEASURE_PE: 'The kernel is no PE image that firmware could start',
  WAX_MEASURE_KERNEL: 'The kernel is no Linux bzImage',
  WAX_MEASURE_KERNEL_HEADER:
    'Older and newer QEMU would measure this kernel differently: its setup header does not hold yet what QEMU writes',
  WAX_MEASURE_COMMAND_LINE: 'The kernel command line is not printable ASCII in one line',
  WAX_MEASURE_PART: 'The image lacks a part that this shape starts with',
  WAX_MEASURE_SHAPES: 'The shapes are not of the form that waxseal release measure --help describes',
  WAX_MEASURE_PROVIDER:
    "There the measurement is that of the provider's firmware and says nothing about our image, so no release can name it",
  WAX_MEASURE_EIF: 'The file is no enclave image in the one form that is read',
  WAX_MEASURE_EIF_CRC: 'The checksum of the enclave image is wrong',
  WAX_MEASURE_EIF_BORDER: 'The parts of the enclave image could be cut elsewhere without changing a register',
});
