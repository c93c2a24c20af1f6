/** Sends archived requests of earlier clients, as bytes, to the present server. It answers them as the server of that release did. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRegistry, type DescMessage, fromBinary, type JsonValue, type Message, toBinary, toJson } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { file_google_rpc_error_details } from '../../gen/ts/google/rpc/error_details_pb.ts';
import { StatusSchema } from '../../gen/ts/google/rpc/status_pb.ts';
import { OtpService } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { isMigrationUri, readMigration } from '../../src/otp/migration.ts';
import { startReplayer } from './archive/replay.ts';
import { differences, type Json, steady } from './match.ts';

const archive = join(import.meta.dirname, 'archive');
const releases = readdirSync(archive, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const FIRST = ['Generate', 'Token', 'Verify', 'WatchToken'];
/** The RPCs of each release. */
const RPCS: Readonly<Record<string, readonly string[]>> = {
  '0.1.0': FIRST,
  '0.2.0': [
    ...FIRST,
    'BatchToken',
    'BatchVerify',
    'Seal',
    'Rewrap',
    'ResyncHotp',
    'GenerateRecoveryCodes',
    'VerifyRecoveryCode',
    'RevokeRecoveryCodes',
    'ImportKeys',
    'ExportKeys',
    'GetUsage',
  ],
};
/** Texts for people and pictures may change (docs/compatibility.md). Blobs and recovery codes are random. */
const FREE = new Set(['message', 'description', 'data', 'dataUri', 'blob', 'codes']);
const registry = createRegistry(file_google_rpc_error_details);

/** Reads bytes with the present generated code, which must know every field. */
function read(schema: DescMessage, bytes: Uint8Array): JsonValue {
  const message: Message = fromBinary(schema, bytes);
  const known = toBinary(schema, message, { writeUnknownFields: false });
  expect(known, 'fields that the contract no longer has').toHaveLength(bytes.length);
  return shownJson(schema, message);
}

/** Returns a message as JSON. The keys stand for a migration, since its id is random. */
function shownJson(schema: DescMessage, message: Message): JsonValue {
  const text = JSON.stringify(toJson(schema, message, { registry }), (_, value: unknown) => {
    if (typeof value !== 'string' || !isMigrationUri(value)) return value;
    const { index, size, entries } = readMigration(value);
    return { index, size, entries };
  });
  return JSON.parse(text) as JsonValue;
}

test.each(releases.map(({ name }) => name))('release %s', async (release) => {
  const folder = join(archive, release);
  const names = readdirSync(folder).flatMap((file) => (file.endsWith('.request.bin') ? [file.replace('.request.bin', '')] : []));
  expect(new Set(names.map((name) => name.split('.')[0]))).toEqual(new Set(RPCS[release]));
  await using replayer = await startReplayer();
  for (const name of names) {
    const method = OtpService.methods.find((known) => name.startsWith(`${known.name}.`));
    if (method === undefined) throw new Error(`no method for ${name}`);
    const schema: DescMessage = name.endsWith('.refused') ? StatusSchema : method.output;
    const request = readFileSync(join(folder, `${name}.request.bin`));
    read(method.input, request);
    const then = read(schema, readFileSync(join(folder, `${name}.answer.bin`)));
    const now = shownJson(schema, fromBinary(schema, await replayer.replay(method.name, request)));
    // A newer server may add fields, but must send everything that the old server sent.
    expect(differences(steady(then as Json, FREE), steady(now as Json, FREE), undefined, name)).toEqual([]);
  }
});
