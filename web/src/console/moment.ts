import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';

/** A moment for people, to the minute, in UTC as the log and the audit trail have it. */
export function momentText(time: Timestamp): string {
  return `${timestampDate(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
