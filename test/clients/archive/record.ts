/**
 * Archives requests made by the generated code of today, and the answers of the server of today: `node test/clients/archive/record.ts 0.1.0`.
 *
 * To be run once for a release, into a folder of its own; what is there is never written again.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DescMethod, fromJson, type JsonValue, toBinary } from '@bufbuild/protobuf';
import { OtpService } from '../../../gen/ts/otp/v1/otp_service_pb.ts';
import { startReplayer } from './replay.ts';

const TOTP = {
  secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  type: 'OTP_TYPE_TOTP',
  algorithm: 'ALGORITHM_SHA256',
  digits: 8,
  periodSeconds: 60,
};
const HOTP = { secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', type: 'OTP_TYPE_HOTP', counter: '3' };
const URI = 'otpauth://totp/ACME:alice?secret=JBSWY3DPEHPK3PXP&issuer=ACME&algorithm=SHA512&digits=7&period=45';

/** Method and name of each; every field of every request is in one of them at least. */
const REQUESTS: Readonly<Record<string, JsonValue>> = {
  'Generate.totp': {
    ...TOTP,
    issuer: 'ACME',
    accountName: 'alice@example.com',
    qrCode: { format: 'QR_FORMAT_SVG', errorCorrection: 'QR_ERROR_CORRECTION_Q', scale: 3, quietZone: 2 },
  },
  'Generate.hotp': { ...HOTP, accountName: 'alice' },
  'Generate.refused': { ...TOTP, accountName: 'alice', secretSize: 20 },
  'Token.totp': { key: TOTP, at: '2009-02-13T23:31:30Z', pastSteps: 1, futureSteps: 2 },
  'Token.uri': { key: { uri: URI } },
  'Token.hotp': { key: HOTP },
  'Token.refused': { key: { secret: '1', digits: 9 }, at: '1969-12-31T23:59:59Z', pastSteps: 11 },
  'Verify.hotp': { key: HOTP, code: '254 676', lookAhead: 2, requestId: '5f0f7f55-6f0c-4d55-9a8c-2f3f4b5a6c7d' },
  'Verify.totp': { key: TOTP, code: '00000000', pastSteps: 2, futureSteps: 0, allowReuse: true },
  'Verify.used': { key: { ...HOTP, counter: '6' }, code: '287922', afterStep: '6' },
  'Verify.malformed': { key: TOTP, code: '12345' },
  'WatchToken.totp': { key: TOTP },
};

const [release = ''] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+$/.test(release)) throw new Error('name the release, such as 0.1.0');
const folder = join(import.meta.dirname, release);
mkdirSync(folder);
await using replayer = await startReplayer();
for (const [name, json] of Object.entries(REQUESTS)) {
  const [methodName = ''] = name.split('.');
  const method: DescMethod | undefined = OtpService.methods.find((known) => known.name === methodName);
  if (method === undefined) throw new Error(`no method ${methodName}`);
  const request = toBinary(method.input, fromJson(method.input, json));
  writeFileSync(join(folder, `${name}.request.bin`), request);
  writeFileSync(join(folder, `${name}.answer.bin`), await replayer.replay(methodName, request));
}
