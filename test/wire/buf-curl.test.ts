/** `buf curl` shows the contract by reflection, and errors with their details. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type DescMessage, fromBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BadRequestSchema, ErrorInfoSchema, RequestInfoSchema } from '../../gen/ts/google/rpc/error_details_pb.ts';
import { startServer, type TestServer } from '../support/server.ts';

const SECRET = 'JBSWY3DPEHPK3PXP';
let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => server.close());

/** Calls a method; resolves to the answer or the error, as JSON. */
async function curl(method: string, request: unknown, ...more: string[]): Promise<{ answer?: unknown; error?: unknown }> {
  const url = `http://${server.address}/otp.v1.OtpService/${method}`;
  const headers = ['-H', `x-api-key: ${server.apiKey}`, ...more];
  const args = ['curl', '--protocol', 'grpc', '--http2-prior-knowledge', ...headers, '-d', JSON.stringify(request), url];
  try {
    const { stdout } = await promisify(execFile)('node_modules/.bin/buf', args);
    return { answer: JSON.parse(stdout) };
  } catch (failure) {
    return { error: JSON.parse((failure as { stderr: string }).stderr) };
  }
}

test('Generate, Token and Verify answer without any file of the contract', async () => {
  const key = { secret: SECRET };
  const [generated, token] = await Promise.all([
    curl('Generate', { issuer: 'ACME', accountName: 'alice' }),
    curl('Token', { key }),
  ]);
  expect(generated.answer).toMatchObject({ uri: expect.stringMatching(/^otpauth:/), qrCode: { mediaType: 'image/png' } });
  const { code } = (token.answer as { token: { code: string } }).token;
  expect((await curl('Verify', { key, code })).answer).toMatchObject({ valid: true, status: 'VERIFY_STATUS_ACCEPTED' });
}, 15_000);

test('an error shows its message, and its details under their names', async () => {
  const { error } = await curl('Token', { key: { secret: '1' }, pastSteps: 11 }, '-H', 'x-request-id: from-a-person');
  expect(error).toMatchObject({ code: 'invalid_argument', message: expect.stringMatching(/key\.secret: .*; past_steps: /) });
  const { details } = error as { details: { type: string; value: string }[] };
  const bytes = new Map(details.map(({ type, value }) => [type, Buffer.from(value, 'base64')]));
  const read = <T extends DescMessage>(schema: T) => fromBinary(schema, bytes.get(schema.typeName) ?? Buffer.alloc(0));
  expect(read(ErrorInfoSchema)).toMatchObject({ reason: 'ERROR_REASON_INVALID_FIELDS', domain: 'otp.v1' });
  expect(read(RequestInfoSchema).requestId).toBe('from-a-person');
  expect(read(BadRequestSchema).fieldViolations.map(({ field }) => field)).toEqual(['key.secret', 'past_steps']);
}, 15_000);
