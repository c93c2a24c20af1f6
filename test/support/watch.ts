/** Opens a WatchToken stream, and collects its tokens and its status. */
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type ClientReadableStream, status as codes, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import {
  type WatchTokenRequestSchema,
  type WatchTokenResponse,
  WatchTokenResponseSchema,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { type Details, detailsOf, metadataOf, methods, type TestClient } from './client.ts';

/** An open stream. */
export interface Watch {
  readonly call: ClientReadableStream<Buffer>;
  /** The messages so far. */
  readonly responses: WatchTokenResponse[];
  /** Resolves to the first message, or to undefined if the stream ends before. */
  readonly first: Promise<WatchTokenResponse | undefined>;
  readonly ended: Promise<WatchEnd>;
}

export interface WatchEnd {
  /** The name of the status code. */
  readonly code: keyof typeof codes;
  readonly details: Details;
  readonly trailers: Record<string, unknown>;
}

/** Opens a stream with `apiKey`. */
export function openWatch(client: TestClient, apiKey: string, request: MessageInitShape<typeof WatchTokenRequestSchema>): Watch {
  return openWatchBytes(client, apiKey, toBinary(methods.watchToken.input, create(methods.watchToken.input, request)));
}

/** Opens a stream with any bytes instead of a message. */
export function openWatchBytes(client: TestClient, apiKey: string, bytes: Uint8Array): Watch {
  const call = client.raw.makeServerStreamRequest<Uint8Array, Buffer>(
    `/${methods.watchToken.parent.typeName}/${methods.watchToken.name}`,
    (message) => Buffer.from(message),
    (message) => message,
    bytes,
    metadataOf(apiKey),
  );
  const responses: WatchTokenResponse[] = [];
  call.on('data', (message: Buffer) => responses.push(fromBinary(WatchTokenResponseSchema, message)));
  const ended = new Promise<WatchEnd>((resolve) => {
    call.on('error', (error: ServiceError) => resolve(endOf(error)));
    call.on('status', (status) => resolve(endOf(status)));
  });
  const first = new Promise<WatchTokenResponse | undefined>((resolve) => {
    call.once('data', () => resolve(responses[0]));
    void ended.then(() => resolve(undefined));
  });
  return { call, responses, first, ended };
}

function endOf({ code, metadata }: Pick<StatusObject, 'code' | 'metadata'>): WatchEnd {
  return { code: codes[code] as keyof typeof codes, details: detailsOf({ metadata }), trailers: metadata.getMap() };
}
