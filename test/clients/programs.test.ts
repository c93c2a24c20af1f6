/** Runs the programs that the page offers to copy unchanged, with the packages installed as their READMEs describe. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OtpType, SecretDelivery } from '../../gen/ts/otp/v1/key_pb.ts';
import {
  ImportKeysRequestSchema,
  OtpService,
  VerifyRecoveryCodeRequestSchema,
  VerifyRequestSchema,
  WatchTokenRequestSchema,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { Call } from '../../web/src/programs/call.ts';
import { PROGRAMS, type ProgramName } from '../../web/src/programs/programs.ts';
import { createTestClient, methods } from '../support/client.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { execute, type Outcome, RUNNERS } from './runner.ts';

/** A key of RFC 4226 under a name with the characters that languages may have to escape. */
const URI = `otpauth://hotp/O'Brien "\\$HOME" ü?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=0`;
const VERIFY: Call = {
  method: OtpService.method.verify,
  request: create(VerifyRequestSchema, {
    key: { source: { case: 'uri', value: URI }, type: OtpType.HOTP, digits: 6, counter: 3n },
    code: '969 429',
    lookAhead: 2,
    allowReuse: true,
  }),
};
const IMPORT: Call = {
  method: OtpService.method.importKeys,
  request: create(ImportKeysRequestSchema, {
    uris: [URI, URI],
    delivery: SecretDelivery.SEALED,
    sealedContext: new TextEncoder().encode(`user-1/"ü"`),
  }),
};
const WATCH: Call = {
  method: OtpService.method.watchToken,
  request: create(WatchTokenRequestSchema, { key: { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' }, periodSeconds: 1 } }),
};
const PACKAGES: Readonly<Partial<Record<ProgramName, string>>> = { TypeScript: 'typescript', Go: 'go', Python: 'python' };

const folder = mkdtempSync(join(tmpdir(), 'otpd-programs-'));
let server: TestServer;
beforeAll(async () => {
  expect((await execute('scripts/install-plugins', ['grpcurl'], 200_000)).exitCode).toBe(0);
  server = await startServer();
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

test.each(['grpcurl', 'TypeScript', 'Go', 'Python'] as const)('%s verifies a code', async (name) => {
  const { exitCode, stdout, stderr } = await run(name, VERIFY, 280_000);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stdout).toMatch(name === 'TypeScript' ? /status: 1,/ : /VERIFY_STATUS_ACCEPTED/);
});

test.each(['grpcurl', 'TypeScript', 'Go', 'Python'] as const)('%s imports keys as sealed keys', async (name) => {
  const { exitCode, stdout, stderr } = await run(name, IMPORT, 280_000);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stdout.match(/otpk1_/g)).toHaveLength(2);
});

test.each(['grpcurl', 'TypeScript', 'Go', 'Python'] as const)('%s checks a recovery code', async (name) => {
  const client = createTestClient(server.address, server.apiKey);
  const { response } = await client.call(methods.generateRecoveryCodes, { count: 1 });
  client.close();
  const request = create(VerifyRecoveryCodeRequestSchema, { set: response?.set, code: response?.codes[0] ?? '' });
  const { exitCode, stdout, stderr } = await run(name, { method: OtpService.method.verifyRecoveryCode, request }, 280_000);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stdout).toMatch(name === 'TypeScript' ? /status: 1,/ : /VERIFY_STATUS_ACCEPTED/);
});

test('grpcurl watches a code', async () => {
  // The command runs until it is stopped.
  const { stdout } = await run('grpcurl', WATCH, 3000);
  expect(stdout.match(/"code": "\d{6}"/g)?.length).toBeGreaterThan(1);
});

async function run(name: ProgramName, call: Call, timeoutMs: number): Promise<Outcome> {
  const target = { origin: 'http://127.0.0.1:1', address: server.address, isTls: false };
  const text = PROGRAMS[name](call, target);
  const env = { OTPD_API_KEY: server.apiKey, PATH: `${resolve('.plugins/bin')}${delimiter}${process.env['PATH']}` };
  const language = PACKAGES[name];
  if (language === undefined) return execute('bash', ['-c', `exec ${text}`], timeoutMs, env);
  const project = mkdtempSync(join(folder, `${language}-`));
  const program = `${project}-program`;
  writeFileSync(program, text);
  return execute(join(RUNNERS, language, 'first-program'), [program, project], timeoutMs, env);
}
