/** Event logs of trust domains, to order. */
import { concatBytes, parseHex, utf8 } from '../../../protocol/bytes.ts';
import type { LoggedEvent } from '../../../protocol/measurement/event-log.ts';
import { le16, le32 } from '../../../protocol/measurement/little-endian.ts';

interface EventLogChange {
  specId?: string;
  algorithm?: number;
  digestBytes?: number;
  /** Algorithm of the digest of each event. */
  eventAlgorithm?: number;
  digests?: number;
  /** What follows the last event. */
  filling?: Uint8Array;
}

/** A log of these events. */
export function makeEventLog(
  events: readonly LoggedEvent[],
  change: EventLogChange = {},
): Uint8Array<ArrayBuffer> {
  const specId = concatBytes(
    ...[utf8(change.specId ?? 'Spec ID Event03\0'), le32(0), Uint8Array.of(0, 2, 0, 2), le32(1)],
    ...[le16(change.algorithm ?? 0x0c), le16(change.digestBytes ?? 48), Uint8Array.of(0)],
  );
  const header = concatBytes(le32(1), le32(3), new Uint8Array(20), le32(specId.length), specId);
  const rows = events.map(({ register, type, digest, data }) =>
    concatBytes(
      ...[le32(register + 1), le32(type), le32(change.digests ?? 1), le16(change.eventAlgorithm ?? 0x0c)],
      ...[parseHex(digest, 48), le32(data.length / 2), parseHex(data)],
    ),
  );
  return concatBytes(header, ...rows, change.filling ?? new Uint8Array(64).fill(0xff));
}

const acpi = '414350492044415441';
/** Something in every register, and three tables of devices. */
export const someEvents: LoggedEvent[] = [
  { register: 0, type: 0x8000000b, digest: '01'.repeat(48), data: '00' },
  { register: 0, type: 10, digest: '02'.repeat(48), data: acpi },
  { register: 1, type: 0x80000003, digest: '03'.repeat(48), data: '' },
  { register: 0, type: 10, digest: '04'.repeat(48), data: acpi },
  { register: 0, type: 10, digest: '05'.repeat(48), data: acpi },
  { register: 2, type: 6, digest: '06'.repeat(48), data: 'aabb' },
  { register: 3, type: 3, digest: '07'.repeat(48), data: '' },
];
