/**
 * Archives requests of the present generated code with the answers of the present server: `node test/clients/archive/record.ts 0.2.0`.
 *
 * Run it once for each release, into a new folder. Never write the files of an existing folder again.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DescMethod, fromBinary, fromJson, type JsonObject, toBinary, toJson } from '@bufbuild/protobuf';
import { OtpService } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { type Replayer, SEALING_KEYS, startReplayer } from './replay.ts';
import { type Blobs, CONTEXT, PENDING_SECRET, requests, SEALED_SECRET } from './requests.ts';

function methodOf(name: string): DescMethod {
  const method = OtpService.methods.find((known) => known.name === name);
  if (method === undefined) throw new Error(`no method ${name}`);
  return method;
}

/** Calls the server for a value that a request needs, and returns the values at paths of the answer, such as `results.0.sealed.blob`. */
async function ask({ replay }: Replayer, name: string, request: JsonObject, ...paths: readonly string[]): Promise<string[]> {
  const { input, output } = methodOf(name);
  const bytes = await replay(name, toBinary(input, fromJson(input, request)));
  const answer: unknown = toJson(output, fromBinary(output, bytes));
  return paths.map((path) => {
    const value = path.split('.').reduce((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], answer);
    if (typeof value !== 'string') throw new Error(`${name} has no ${path}`);
    return value;
  });
}

async function makeBlobs(): Promise<Blobs> {
  const item = { key: { secret: SEALED_SECRET }, sealedContext: CONTEXT };
  const seal = (replayer: Replayer) => ask(replayer, 'Seal', { items: [item] }, 'results.0.sealed.blob');
  await using earlier = await startReplayer(SEALING_KEYS.slice(0, -1));
  await using replayer = await startReplayer();
  const [olderKey = ''] = await seal(earlier);
  const [key = ''] = await seal(replayer);
  const enrolment = {
    secret: PENDING_SECRET,
    accountName: 'alice',
    delivery: 'SECRET_DELIVERY_SEALED',
    sealedContext: CONTEXT,
  };
  const [pending = ''] = await ask(replayer, 'Generate', enrolment, 'sealed.blob');
  const [pendingCode = ''] = await ask(replayer, 'Token', { key: { secret: PENDING_SECRET } }, 'token.code');
  const codes = { count: 2, sealedContext: CONTEXT };
  const [set = '', recoveryCode = ''] = await ask(replayer, 'GenerateRecoveryCodes', codes, 'set.blob', 'codes.0');
  const [otherSet = ''] = await ask(replayer, 'GenerateRecoveryCodes', codes, 'set.blob');
  return { key, olderKey, pending, pendingCode, set, recoveryCode, otherSet };
}

const [release = ''] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+$/.test(release)) throw new Error('name the release, such as 0.2.0');
const folder = join(import.meta.dirname, release);
const all = requests(await makeBlobs());
mkdirSync(folder);
await using replayer = await startReplayer();
for (const [name, json] of Object.entries(all)) {
  const [methodName = ''] = name.split('.');
  const { input } = methodOf(methodName);
  const request = toBinary(input, fromJson(input, json));
  writeFileSync(join(folder, `${name}.request.bin`), request);
  writeFileSync(join(folder, `${name}.answer.bin`), await replayer.replay(methodName, request));
}
