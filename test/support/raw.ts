/** Calls over a bare HTTP/2 connection, for requests that no gRPC client would send. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { status as codes, Metadata, type MetadataValue } from '@grpc/grpc-js';
import { type Details, detailsOf } from './client.ts';

/** An answer; its parts are undefined where the stream ended without them. */
export interface RawAnswer {
  readonly httpStatus: number | undefined;
  /** The name of the gRPC status code. */
  readonly code: keyof typeof codes | undefined;
  readonly message: string;
  readonly details: Details;
  /** Headers and trailers together. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  /** The HTTP/2 error code of the stream; 0 if it ended in order. */
  readonly rstCode: number;
}

export interface RawOptions {
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** The whole body, framing included; left out: none is ever sent, and the stream is left half open. */
  readonly body?: Buffer | undefined;
}

/** Connects, from another address of this machine if told to; errors of the connection are for the test to look for in its streams. */
export async function openConnection(address: string, localAddress = '127.0.0.1'): Promise<ClientHttp2Session> {
  const { hostname, port } = new URL(`http://${address}`);
  const session = connect(`http://${address}`, {
    createConnection: () => connectTcp({ host: hostname, port: Number(port), localAddress }),
  });
  session.on('error', () => undefined);
  await new Promise((resolve) => session.once('connect', resolve));
  return session;
}

/** An HTTP/2 frame (RFC 9113 section 4.1). */
export function http2Frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A gRPC message: its flag, its length, its bytes. */
export function frame(bytes: Uint8Array, compressed = false): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed ? 1 : 0, 0);
  head.writeUInt32BE(bytes.byteLength, 1);
  return Buffer.concat([head, bytes]);
}

/** Opens a stream and sends its headers alone. */
export function openStream(session: ClientHttp2Session, path: string, headers: RawOptions['headers'] = {}): ClientHttp2Stream {
  const stream = session.request(
    { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers },
    { endStream: false },
  );
  stream.on('error', () => undefined);
  return stream;
}

/** Makes a call and waits for the end of its stream. */
export function rawCall(session: ClientHttp2Session, path: string, { headers, body }: RawOptions = {}): Promise<RawAnswer> {
  const stream = openStream(session, path, headers);
  if (body !== undefined) stream.end(body);
  return answerOf(stream);
}

/** The answer on a stream, once the server has said all or the stream is gone. */
export function answerOf(stream: ClientHttp2Stream): Promise<RawAnswer> {
  const metadata: Record<string, unknown> = {};
  const body: Buffer[] = [];
  stream.on('response', (headers) => Object.assign(metadata, headers));
  stream.on('trailers', (trailers) => Object.assign(metadata, trailers));
  stream.on('data', (chunk: Buffer) => body.push(chunk));
  return new Promise((resolve) => {
    const answered = () =>
      resolve({
        httpStatus: metadata[':status'] as number | undefined,
        code: codes[Number(metadata['grpc-status'])] as keyof typeof codes | undefined,
        message: decodeMessage(String(metadata['grpc-message'] ?? '')),
        details: detailsOf({ metadata: detailsMetadata(metadata['grpc-status-details-bin']) }),
        metadata,
        body: Buffer.concat(body),
        rstCode: stream.rstCode ?? constants.NGHTTP2_NO_ERROR,
      });
    // A caller that never ends its half keeps the stream open: the end of the answer is what counts. The trailers come with it.
    stream.once('end', () => setImmediate(answered));
    stream.once('close', answered);
  });
}

/** grpc-js encodes the messages of calls, but not those of unknown methods. */
function decodeMessage(text: string): string {
  try {
    return decodeURI(text);
  } catch {
    return text;
  }
}

function detailsMetadata(base64: unknown): Metadata {
  const metadata = new Metadata();
  if (typeof base64 === 'string') metadata.set('grpc-status-details-bin', Buffer.from(base64, 'base64') as MetadataValue);
  return metadata;
}
