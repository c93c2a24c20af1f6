/** The health service (grpc.health.v1): Check and Watch for load balancers, List for people. Needs no API key. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  status as codes,
  type handleServerStreamingCall,
  type handleUnaryCall,
  type Server,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import {
  HealthCheckRequestSchema,
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  HealthListResponseSchema,
  Health as HealthService,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '../../gen/ts/health/v1/health_pb.ts';
import { defineMethod } from './handlers.ts';

export interface Health {
  readonly addTo: (server: Server) => void;
  /** Sets the status of a service, or of the process (the empty name), and notifies the watchers. */
  readonly set: (name: string, serving: boolean) => void;
}

interface Watcher {
  readonly name: string;
  readonly call: ServerWritableStream<Buffer, Uint8Array>;
}

/** Makes the service for `names`, all SERVING. */
export function createHealth(names: readonly string[]): Health {
  const statuses = new Map<string, ServingStatus>(names.map((name) => [name, ServingStatus.SERVING]));
  // All names share one set of watchers: an entry for each requested name would be memory that strangers choose.
  const watchers = new Set<Watcher>();
  const answer = (name: string): HealthCheckResponse =>
    create(HealthCheckResponseSchema, { status: statuses.get(name) ?? ServingStatus.SERVICE_UNKNOWN });
  const tell = ({ name, call }: Watcher) => call.write(toBinary(HealthCheckResponseSchema, answer(name)));

  const check: handleUnaryCall<Buffer, Uint8Array> = (call, callback) => {
    const name = serviceOf(call.request);
    if (name !== undefined && statuses.has(name)) callback(null, toBinary(HealthCheckResponseSchema, answer(name)));
    else
      callback({ code: codes.NOT_FOUND, details: `unknown service: ask for ${names.filter(Boolean).join(', ')}, or for none` });
  };
  const list: handleUnaryCall<Buffer, Uint8Array> = (_call, callback) => {
    const all = Object.fromEntries(names.map((name) => [name, answer(name)]));
    callback(null, toBinary(HealthListResponseSchema, create(HealthListResponseSchema, { statuses: all })));
  };
  const watch: handleServerStreamingCall<Buffer, Uint8Array> = (call) => {
    const watcher = { name: serviceOf(call.request) ?? 'unreadable', call };
    watchers.add(watcher);
    call.on('cancelled', () => watchers.delete(watcher));
    tell(watcher);
  };

  const { method } = HealthService;
  const definition = {
    check: defineMethod(method.check),
    list: defineMethod(method.list),
    watch: defineMethod(method.watch),
  };
  return {
    addTo: (server) => server.addService(definition, { check, list, watch }),
    set: (name, serving) => {
      const status = serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
      if (statuses.get(name) === status) return;
      statuses.set(name, status);
      for (const watcher of watchers) if (watcher.name === name) tell(watcher);
    },
  };
}

function serviceOf(bytes: Uint8Array): string | undefined {
  try {
    return fromBinary(HealthCheckRequestSchema, bytes, { readUnknownFields: false }).service;
  } catch {
    return undefined;
  }
}
