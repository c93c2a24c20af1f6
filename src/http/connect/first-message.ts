/**
 * Finds the message in the body of a call that the library frames. The server reads JSON itself, as in plain bodies, so that its error names the
 * field that does not fit.
 */
import { decompress } from '../content-coding.ts';
import type { Form } from './incoming.ts';

/** A byte of flags and the length (connectrpc.com/docs/protocol, Streaming Request; PROTOCOL-WEB of gRPC has the same). */
const HEAD_BYTES = 5;
const IS_COMPRESSED = 1;

/**
 * Returns the first message, decompressed; a method of this service takes no other. Returns undefined if the body has no readable message, which the
 * library reports in its own words. Rejects as `decompress` does. `header` returns a header of the request.
 */
export async function firstMessageIn(
  body: Buffer,
  { codec, transport }: Form,
  header: (name: string) => string | undefined,
): Promise<Buffer | undefined> {
  if (codec !== undefined) return decompress(header('content-encoding') ?? '', body);
  if (body.length < HEAD_BYTES) return undefined;
  const end = HEAD_BYTES + body.readUInt32BE(1);
  if (body.length < end) return undefined;
  const message = body.subarray(HEAD_BYTES, end);
  if (((body[0] as number) & IS_COMPRESSED) === 0) return message;
  return decompress(header(transport === 'connect' ? 'connect-content-encoding' : 'grpc-encoding') ?? '', message);
}
