/** A client of server reflection that encodes messages by field number, for many requests on a stream and for hostile requests. */
import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { metadataOf, type TestClient } from './client.ts';

/** The fields of a `ServerReflectionRequest` that contain a name. */
export const ASK = { fileByName: 3, fileContainingSymbol: 4, extensionNumbers: 6, services: 7 } as const;

/** An answer: the files or services that it names, or the code of its error. */
export interface ReflectionAnswer {
  readonly files: string[];
  readonly services: string[];
  readonly errorCode: number | undefined;
}

/** Returns a request for `name`. */
export function ask(field: (typeof ASK)[keyof typeof ASK], name: string): Uint8Array {
  return new BinaryWriter().tag(field, WireType.LengthDelimited).string(name).finish();
}

/** Opens a stream of the reflection service in `version`. */
export function openReflection(client: TestClient, version: 'v1' | 'v1alpha'): ClientDuplexStream<Uint8Array, Buffer> {
  const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
  const asIs = (message: Uint8Array) => Buffer.from(message);
  return client.raw.makeBidiStreamRequest<Uint8Array, Buffer>(path, asIs, (message) => message, metadataOf(undefined), {});
}

/** Sends the requests on a stream. Resolves to the answers, or rejects with the status of the stream. */
export function reflect(
  client: TestClient,
  version: 'v1' | 'v1alpha',
  requests: readonly Uint8Array[],
): Promise<ReflectionAnswer[]> {
  const stream = openReflection(client, version);
  const answers: ReflectionAnswer[] = [];
  stream.on('data', (message: Buffer) => answers.push(readAnswer(message)));
  for (const request of requests) stream.write(request);
  stream.end();
  return new Promise((resolve, reject) => {
    stream.on('end', () => resolve(answers));
    stream.on('error', reject);
  });
}

function readAnswer(message: Uint8Array): ReflectionAnswer {
  const fields = fieldsOf(message);
  const inside = (field: number, sub: number) =>
    (fields.get(field) ?? []).flatMap((bytes) => fieldsOf(bytes as Uint8Array).get(sub) ?? []);
  return {
    files: inside(4, 1).map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes as Uint8Array).name),
    services: inside(6, 1)
      .flatMap((bytes) => fieldsOf(bytes as Uint8Array).get(1) ?? [])
      .map((name) => Buffer.from(name as Uint8Array).toString()),
    errorCode: inside(7, 1)[0] as number | undefined,
  };
}

/** Returns the fields of any message, bytes and numbers, by field number. */
function fieldsOf(message: Uint8Array): Map<number, (Uint8Array | number)[]> {
  const fields = new Map<number, (Uint8Array | number)[]>();
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const value = type === WireType.LengthDelimited ? reader.bytes() : reader.int32();
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}
