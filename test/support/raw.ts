/** Makes calls over a plain HTTP/2 connection, for requests that no gRPC client would send. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { status as codes, Metadata, type MetadataValue } from '@grpc/grpc-js';
import { type Details, detailsOf } from './client.ts';

/** An answer. Its parts are undefined if the stream ended without them. */
export interface RawAnswer {
  readonly httpStatus: number | undefined;
  /** The name of the gRPC status code. */
  readonly code: keyof typeof codes | undefined;
  readonly message: string;
  readonly details: Details;
  /** The headers and trailers together. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  /** The HTTP/2 error code of the stream; 0 if it ended normally. */
  readonly rstCode: number;
}

export interface RawOptions {
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** The whole body with its framing. If it is undefined, the stream stays half open and no body is sent. */
  readonly body?: Buffer | undefined;
}

/** Connects, from `localAddress`. A test sees errors of the connection in its streams. */
export async function openConnection(address: string, localAddress = '127.0.0.1'): Promise<ClientHttp2Session> {
  const { hostname, port } = new URL(`http://${address}`);
  const session = connect(`http://${address}`, {
    createConnection: () => connectTcp({ host: hostname, port: Number(port), localAddress }),
  });
  session.on('error', () => undefined);
  await new Promise((resolve) => session.once('connect', resolve));
  return session;
}

/** Resolves when the peer has read all data so far, since it answers in order. */
export function ping(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => session.ping((error) => (error ? reject(error) : resolve())));
}

/** Returns an HTTP/2 frame (RFC 9113 section 4.1). */
export function http2Frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Returns a gRPC message: its flag, its length, and its bytes. */
export function frame(bytes: Uint8Array, compressed = false): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed ? 1 : 0, 0);
  head.writeUInt32BE(bytes.byteLength, 1);
  return Buffer.concat([head, bytes]);
}

/** Opens a stream and sends only its headers. */
export function openStream(session: ClientHttp2Session, path: string, headers: RawOptions['headers'] = {}): ClientHttp2Stream {
  const stream = session.request(
    { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers },
    { endStream: false },
  );
  stream.on('error', () => undefined);
  return stream;
}

/** Makes a call and waits until its stream ends. */
export function rawCall(session: ClientHttp2Session, path: string, { headers, body }: RawOptions = {}): Promise<RawAnswer> {
  const stream = openStream(session, path, headers);
  if (body !== undefined) stream.end(body);
  return answerOf(stream);
}

/** Resolves to the answer on a stream when the server has ended it or it is closed. */
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
    // A caller that never ends its half keeps the stream open, so the end of the answer counts. The trailers arrive with it.
    stream.once('end', () => setImmediate(answered));
    stream.once('close', answered);
  });
}

/** Decodes a status message, since grpc-js encodes the messages of calls but not those of unknown methods. */
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
