/** The size of a request's metadata. */
import type { IncomingHttpHeaders } from 'node:http2';
import { MAX_METADATA_BYTES } from './bounds.ts';

/** Headers that gRPC does not count as metadata. */
const NO_METADATA: ReadonlySet<string> = new Set([
  ...[':method', ':scheme', ':path', ':authority'],
  ...['content-type', 'te', 'grpc-timeout', 'grpc-encoding', 'grpc-accept-encoding', 'accept-encoding'],
]);

/** The most bytes of such headers. */
const MAX_OTHER_BYTES = 1024;

/** Whether a request has more headers than any call may have, as metadata or otherwise. */
export function isOversize(headers: IncomingHttpHeaders): boolean {
  let bytes = 0;
  for (const name in headers) bytes += name.length + sizeOf(headers[name]);
  if (bytes <= MAX_METADATA_BYTES) return false;
  const metadata = metadataSize(headers);
  return metadata > MAX_METADATA_BYTES || bytes - metadata > MAX_OTHER_BYTES;
}

/** The size of all metadata among `headers`, names and values, in bytes. */
function metadataSize(headers: IncomingHttpHeaders): number {
  let bytes = 0;
  for (const name in headers) if (!NO_METADATA.has(name)) bytes += name.length + sizeOf(headers[name]);
  return bytes;
}

function sizeOf(value: string | string[] | undefined): number {
  if (typeof value === 'string') return value.length;
  return value?.reduce((bytes, one) => bytes + one.length, 0) ?? 0;
}
