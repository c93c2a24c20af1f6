/** Compressed bodies of requests (RFC 9110 section 8.4.1): the codings that are read, and never more than a body may have. */
import { MAX_REQUEST_BYTES } from '../rpc/bounds.ts';
import { CallFailure } from '../rpc/failure.ts';

/** For people. */
export const CODINGS = 'gzip or br';

/**
 * Decompresses bytes. The name of the coding may be in any case; returns undefined for an unsupported coding. Rejects with `CallFailure`:
 * `message_too_large` above 64 KiB, before it unpacks more, and `malformed_message` for bytes that are not of this coding.
 */
export function decompress(coding: string, bytes: Uint8Array): Promise<Buffer> | undefined {
  // Loaded at the first compressed body.
  const { brotliDecompress, gunzip } = process.getBuiltinModule('node:zlib');
  const name = coding.trim().toLowerCase();
  const isGzip = name === 'gzip' || name === 'x-gzip';
  if (!isGzip && name !== 'br') return undefined;
  // Both take this option.
  const unpack = isGzip ? gunzip : (brotliDecompress as typeof gunzip);
  return new Promise((resolve, reject) => {
    unpack(bytes, { maxOutputLength: MAX_REQUEST_BYTES }, (error: NodeJS.ErrnoException | null, plain) => {
      if (error === null) resolve(plain);
      else reject(new CallFailure(error.code === 'ERR_BUFFER_TOO_LARGE' ? 'message_too_large' : 'malformed_message'));
    });
  });
}
