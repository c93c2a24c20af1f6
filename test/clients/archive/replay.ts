/** Sends the bytes of an archived request to the present server, and returns the bytes of its answer. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { OtpService } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { fingerprintKeyFile } from '../../../src/app/fingerprint-key.ts';
import { formatRing, ringFile } from '../../../src/app/ring-file.ts';
import { keyOf } from '../../sealing/rings.ts';
import { startServer } from '../../support/server.ts';

/** The time of every archived call. With it, answers are equal byte for byte, except for the random parts of blobs. */
const NOW: number = Date.UTC(2026, 0, 1);

/**
 * The sealing keys of every archived call: each number is the value of all bytes of a key. The requests have blobs of all of them, and the last one
 * seals.
 */
export const SEALING_KEYS: readonly number[] = [1, 2];

export interface Replayer extends AsyncDisposable {
  /** Resolves to the first message, or to the `google.rpc.Status` of an error. */
  readonly replay: (method: string, request: Uint8Array) => Promise<Buffer>;
}

/** Starts a server with a clock that stands still and with fixed keys. */
export async function startReplayer(sealingKeys: readonly number[] = SEALING_KEYS): Promise<Replayer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'otpd-archive-'));
  writeFileSync(fingerprintKeyFile(dataDir), '0f'.repeat(32), { mode: 0o600 });
  // The keys are a second apart, so that the last key is the newest.
  const ring = sealingKeys.map((byte) => keyOf(byte, byte * 1000));
  writeFileSync(ringFile(dataDir), formatRing(ring), { mode: 0o600 });
  const server = await startServer({ clock: () => NOW, dataDir });
  // A separate API key, so that its usage counts a single call.
  const metered = await server.createKey({ plan: 'pro' });
  const client = new Client(server.address, credentials.createInsecure());
  const asIs = (bytes: Uint8Array) => Buffer.from(bytes);
  return {
    // On the wire, a unary call is a stream of one message.
    replay: (method, request) =>
      new Promise((resolve, reject) => {
        const metadata = new Metadata();
        metadata.set('x-api-key', method === 'GetUsage' ? metered : server.apiKey);
        metadata.set('x-request-id', 'archive');
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
      rmSync(dataDir, { recursive: true });
    },
  };
}
