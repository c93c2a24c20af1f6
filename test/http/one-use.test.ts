/** A code is used once, whichever doors it reaches at the same time. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VerifyRequestSchema, VerifyResponseSchema, VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { createTestClient, methods, type TestClient } from '../support/client.ts';
import { frame } from '../support/raw.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { clientOf, WAYS } from './clients.ts';

let server: TestServer;
let grpc: TestClient;

beforeAll(async () => {
  server = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
  grpc = createTestClient(server.address, server.apiKey);
});
afterAll(async () => {
  grpc.close();
  await server.close();
});

test('of a code at all doors at once, exactly one use is accepted', async () => {
  const clients = Object.values(WAYS).map((transport) => clientOf(transport(server.httpUrl)));
  const headers = { 'x-api-key': server.apiKey };
  for (let round = 0; round < 10; round += 1) {
    const { response } = await grpc.call(methods.generate, { issuer: 'Example', accountName: `user-${round}` });
    const secret = response?.secret ?? '';
    const request = { key: { source: { case: 'secret', value: secret } }, code: response?.token?.code ?? '' } as const;
    const curl = async (): Promise<VerifyStatus | undefined> => {
      const answer = await fetch(`${server.httpUrl}/otp.v1.OtpService/Verify`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ key: { secret }, code: request.code }),
      });
      const { status } = (await answer.json()) as { status: keyof typeof VerifyStatus };
      return VerifyStatus[String(status).replace('VERIFY_STATUS_', '') as keyof typeof VerifyStatus];
    };
    const base64 = async (): Promise<VerifyStatus> => {
      const answer = await fetch(`${server.httpUrl}/otp.v1.OtpService/Verify`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/grpc-web-text' },
        body: frame(toBinary(VerifyRequestSchema, create(VerifyRequestSchema, request))).toString('base64'),
      });
      const [first = ''] = /^[^=]+={0,2}/.exec(await answer.text()) ?? [];
      const bytes = Buffer.from(first, 'base64');
      return fromBinary(VerifyResponseSchema, bytes.subarray(5, 5 + bytes.readUInt32BE(1))).status;
    };
    const asked = [
      ...clients.map(async (client) => (await client.verify(request, { headers })).status),
      ...[1, 2].map(async () => (await grpc.call(methods.verify, request)).response?.status),
      ...[1, 2].map(curl),
      ...[1, 2].map(base64),
    ];
    const statuses = await Promise.all(asked);
    const counted = (status: VerifyStatus): number => statuses.filter((one) => one === status).length;
    expect([counted(VerifyStatus.ACCEPTED), counted(VerifyStatus.REPLAYED)]).toEqual([1, asked.length - 1]);
  }
});
