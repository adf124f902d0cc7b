/**
 * The event log of a trust domain, as Linux shows it in /sys/firmware/acpi/tables/data/CCEL: what firmware and kernel
 * measured, in order (TCG PC Client Platform Firmware Profile 1.06, section 10; Intel TDX Virtual Firmware Design
 * Guide 344991, section 12). A log proves nothing by itself; what its digests lead to has to stand in a quote.
 * @module
 */
import { parseHex, toHex, utf8 } from '../bytes.ts';
import { measurementError } from './errors.ts';
import { type Hashes, portableHashes } from './hashes.ts';
import { readU16, readU32, slice } from './little-endian.ts';
import { type AcpiDigests, replay } from './rtmr.ts';

const SHA384 = 0x0c;
const SPEC_ID = utf8('Spec ID Event03\0');
/** EV_NO_ACTION: an event that is in no register. */
const NO_ACTION = 3;
/** EV_PLATFORM_CONFIG_FLAGS, which OVMF writes for the tables of devices. */
const CONFIGURATION = 0x0a;
const ACPI = toHex(utf8('ACPI DATA'));
/** Firmware fills the rest of the log with it. */
const UNUSED = 0xffffffff;
const MAX_EVENTS = 4096;

export interface LoggedEvent {
  /** 0 to 3 for RTMR0 to RTMR3; -1 for MRTD. */
  register: number;
  type: number;
  /** Hex SHA-384. */
  digest: string;
  /** Hex. */
  data: string;
}

const wrong = (detail: string) => measurementError('WAX_MEASURE_EVENT_LOG', detail);

/** The header names the algorithms; there is one for each of the registers, and that is SHA-384. Returns its end. */
function readHeader(log: Uint8Array): number {
  const size = readU32(log, 28);
  const event = slice(log, 32, size);
  if (readU32(log, 4) !== NO_ACTION || toHex(slice(event, 0, 16)) !== toHex(SPEC_ID))
    throw wrong('no header');
  const isSha384 = readU32(event, 24) === 1 && readU16(event, 28) === SHA384 && readU16(event, 30) === 48;
  if (!isSha384) throw wrong('other digests than SHA-384');
  return 32 + size;
}

/** Whether nothing but filling follows. */
function isUnused(log: Uint8Array, at: number): boolean {
  const rest = log.subarray(at);
  if (rest.length < 8) return rest.every((byte) => byte === 0 || byte === 0xff);
  const register = readU32(log, at);
  return (
    register === UNUSED || (register === 0 && readU32(log, at + 4) === 0 && rest.every((byte) => byte === 0))
  );
}

/** The events of a log. Throws WAX_MEASURE_EVENT_LOG or WAX_MEASURE_SHORT. */
export function parseEventLog(log: Uint8Array): LoggedEvent[] {
  const events: LoggedEvent[] = [];
  let at = readHeader(log);
  while (!isUnused(log, at)) {
    const [index, type, count] = [readU32(log, at), readU32(log, at + 4), readU32(log, at + 8)];
    if (index > 4) throw wrong(`register ${index}`);
    if (count !== 1 || readU16(log, at + 12) !== SHA384) throw wrong('other digests than SHA-384');
    const size = readU32(log, at + 62);
    const data = slice(log, at + 66, size);
    events.push({ register: index - 1, type, digest: toHex(slice(log, at + 14, 48)), data: toHex(data) });
    if (events.length > MAX_EVENTS) throw wrong('too many events');
    at += 66 + size;
  }
  return events;
}

/** What RTMR0 to RTMR3 hold after the events, in hex. */
export function replayEvents(events: readonly LoggedEvent[], hashes: Hashes = portableHashes): string[] {
  return [0, 1, 2, 3].map((index) => {
    const measured = events.filter(({ register, type }) => register === index && type !== NO_ACTION);
    return toHex(
      replay(
        measured.map(({ digest }) => parseHex(digest, 48)),
        hashes,
      ),
    );
  });
}

/** The digests of the tables of devices, for a shape. Throws WAX_MEASURE_ACPI where there are not just three. */
export function acpiDigests(events: readonly LoggedEvent[]): AcpiDigests {
  const found = events.filter(
    ({ register, type, data }) => register === 0 && type === CONFIGURATION && data === ACPI,
  );
  const [loader, rsdp, tables] = found.map(({ digest }) => digest);
  if (loader === undefined || rsdp === undefined || tables === undefined || found.length > 3) {
    throw measurementError('WAX_MEASURE_ACPI', `${found.length}`);
  }
  return { loader, rsdp, tables };
}
