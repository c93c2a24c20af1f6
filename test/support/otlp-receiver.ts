/** A receiver of traces by OTLP over HTTP (opentelemetry-proto, collector/trace/v1), which shows every span that it received. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

export interface ReceivedSpan {
  /** The instance id of the process that sent the span. */
  readonly instance: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first span of a trace. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  /** 1 for an internal span, 2 for a server span. */
  readonly kind: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, string>>;
  /** 0 if unset, 2 for an error. */
  readonly status: number;
  readonly statusMessage: string;
  readonly eventCount: number;
}

export interface OtlpReceiver extends AsyncDisposable {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** The headers of every request. */
  readonly requests: IncomingHttpHeaders[];
  /** The attributes of the last resource. */
  readonly resource: Readonly<Record<string, string>>;
  /** All received bytes, to search for what they must not contain. */
  readonly bytes: Buffer;
  /** The status of each answer; with 0, requests get no answer. */
  status: number;
}

/** Starts a receiver on a free port. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const requests: IncomingHttpHeaders[] = [];
  const bodies: Buffer[] = [];
  let resource: Record<string, string> = {};
  const state = { status: 200 };
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    requests.push({ ...request.headers, ':path': request.url });
    bodies.push(body);
    for (const resourceSpans of fieldsOf(body).bytes(1)) {
      const fields = fieldsOf(resourceSpans);
      resource = attributesOf(fieldsOf(fields.bytes(1)[0] ?? EMPTY).bytes(1));
      for (const scopeSpans of fields.bytes(2))
        spans.push(
          ...fieldsOf(scopeSpans)
            .bytes(2)
            .map((bytes) => ({ instance: resource['service.instance.id'] ?? '', ...spanOf(bytes) })),
        );
    }
    if (state.status !== 0) response.writeHead(state.status).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return Object.defineProperties(state, {
    url: { value: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    spans: { value: spans },
    requests: { value: requests },
    resource: { get: () => resource },
    bytes: { get: () => Buffer.concat(bodies) },
    [Symbol.asyncDispose]: {
      value: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    },
  }) as unknown as OtlpReceiver;
}

const EMPTY = new Uint8Array();

function spanOf(bytes: Uint8Array): Omit<ReceivedSpan, 'instance'> {
  const fields = fieldsOf(bytes);
  const status = fieldsOf(fields.bytes(15)[0] ?? EMPTY);
  const hex = (field: number) => Buffer.from(fields.bytes(field)[0] ?? EMPTY).toString('hex');
  return {
    traceId: hex(1),
    spanId: hex(2),
    traceState: fields.text(3),
    parentSpanId: hex(4),
    name: fields.text(5),
    kind: Number(fields.number(6)),
    startNs: fields.number(7),
    endNs: fields.number(8),
    attributes: attributesOf(fields.bytes(9)),
    status: Number(status.number(3)),
    statusMessage: status.text(2),
    eventCount: fields.bytes(11).length,
  };
}

function attributesOf(pairs: readonly Uint8Array[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const fields = fieldsOf(pair);
      return [fields.text(1), fieldsOf(fields.bytes(2)[0] ?? EMPTY).text(1)];
    }),
  );
}

/** Returns the fields of a message by their numbers. */
function fieldsOf(bytes: Uint8Array) {
  const found = new Map<number, (Uint8Array | bigint)[]>();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const values = found.get(field) ?? [];
    found.set(field, values);
    if (type === WireType.LengthDelimited) values.push(reader.bytes());
    else if (type === WireType.Bit64) values.push(BigInt(reader.fixed64()));
    else if (type === WireType.Bit32) values.push(BigInt(reader.fixed32()));
    else values.push(BigInt(reader.uint64()));
  }
  const bytesAt = (field: number) => (found.get(field) ?? []).filter((value) => typeof value !== 'bigint');
  return {
    bytes: bytesAt,
    text: (field: number) => Buffer.from(bytesAt(field)[0] ?? EMPTY).toString(),
    number: (field: number) => (found.get(field) ?? []).find((value) => typeof value === 'bigint') ?? 0n,
  };
}
