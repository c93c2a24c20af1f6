/**
 * gRPC-Web in base64, for clients that read an answer as text while it arrives, such as Google's client
 * (github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md, Message framing).
 */
import { CallFailure } from '../../rpc/failure.ts';

/** The content type of the same bytes without base64. */
export const BINARY_TYPE = 'application/grpc-web+proto';

const TEXT = /^[A-Za-z\d+/]*={0,2}$/;

/** The bytes of a request. Throws `CallFailure` (`malformed_message`); Node's decoder would ignore foreign characters. */
export function fromText(body: Buffer): Buffer {
  const text = body.toString('latin1');
  if (text.length % 4 !== 0 || !TEXT.test(text)) throw new CallFailure('malformed_message');
  return Buffer.from(text, 'base64');
}

/** The parts of an answer, each with its own padding, so that a client can decode each part at once. */
export async function* toText(parts: AsyncIterable<Uint8Array> | undefined): AsyncGenerator<Buffer> {
  for await (const part of parts ?? []) yield Buffer.from(Buffer.from(part).toString('base64'));
}
