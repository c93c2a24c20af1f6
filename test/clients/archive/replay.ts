/** Sends the bytes of an archived request to a server of today, and gives the bytes of its answer. */
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { OtpService } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { startServer } from '../../support/server.ts';

/** The moment of every archived call: with it, each answer is the same to the byte. */
const NOW: number = Date.UTC(2026, 0, 1);

export interface Replayer extends AsyncDisposable {
  /** The first message, or the `google.rpc.Status` of an error. */
  readonly replay: (method: string, request: Uint8Array) => Promise<Buffer>;
}

/** Starts a server whose clock stands still. */
export async function startReplayer(): Promise<Replayer> {
  const server = await startServer({ clock: () => NOW });
  const client = new Client(server.address, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('x-api-key', server.apiKey);
  metadata.set('x-request-id', 'archive');
  const asIs = (bytes: Uint8Array) => Buffer.from(bytes);
  return {
    // A unary call is, on the wire, a stream of one message.
    replay: (method, request) =>
      new Promise((resolve, reject) => {
        const path = `/${OtpService.typeName}/${method}`;
        const call = client.makeServerStreamRequest<Uint8Array, Buffer>(path, asIs, asIs, request, metadata);
        call.once('data', (answer: Buffer) => {
          resolve(answer);
          call.cancel();
        });
        call.on('error', (error: ServiceError) => {
          const [status] = error.metadata.get('grpc-status-details-bin');
          if (typeof status === 'object') resolve(status);
          else reject(error);
        });
      }),
    [Symbol.asyncDispose]: async () => {
      client.close();
      await server.close();
    },
  };
}
