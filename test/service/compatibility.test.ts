/** The warnings about authenticator apps: each has its field and the reason that the contract lists. */
import { readFileSync } from 'node:fs';
import { create } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { type QrCodeOptions, QrCodeOptionsSchema } from '../../gen/ts/otp/v1/qr_code_pb.ts';
import type { KeyUri } from '../../src/otp/uri.ts';
import { compatibilityWarnings } from '../../src/service/compatibility.ts';

const PLAIN: KeyUri = {
  secret: new Uint8Array(20),
  parameters: { type: 'totp', algorithm: 'SHA1', digits: 6, period: 30 },
  counter: undefined,
  issuer: 'ACME',
  accountName: 'alice',
};
const NARROW = create(QrCodeOptionsSchema, { quietZone: 3 });

type Case = [field: string, reason: string, key: KeyUri, qrCode?: QrCodeOptions];
const CASES: Case[] = [
  ['algorithm', 'ALGORITHM_IGNORED', { ...PLAIN, parameters: { ...PLAIN.parameters, algorithm: 'SHA256' } }],
  ['digits', 'DIGITS_IGNORED', { ...PLAIN, parameters: { ...PLAIN.parameters, digits: 8 } }],
  ['period_seconds', 'PERIOD_IGNORED', { ...PLAIN, parameters: { ...PLAIN.parameters, period: 60 } }],
  ['type', 'HOTP_UNSUPPORTED', { ...PLAIN, parameters: { ...PLAIN.parameters, type: 'hotp', period: 0 }, counter: 0 }],
  ['issuer', 'ISSUER_MISSING', { ...PLAIN, issuer: '' }],
  ['secret', 'SECRET_SHORT', { ...PLAIN, secret: new Uint8Array(15) }],
  ['qr_code.quiet_zone', 'QUIET_ZONE_NARROW', PLAIN, NARROW],
];

test.each(CASES)('%s: %s', (field, reason, key, qrCode) => {
  expect(compatibilityWarnings(key, qrCode)).toMatchObject([{ field, reason, description: expect.stringMatching(/./) }]);
});

test('the defaults have none', () => {
  expect(compatibilityWarnings(PLAIN, create(QrCodeOptionsSchema))).toEqual([]);
});

test('the contract lists these reasons and no others', () => {
  const proto = readFileSync('proto/otp/v1/otp_service.proto', 'utf8');
  const [, comment = ''] = /The problem as a constant(.*?)string reason/s.exec(proto) ?? [];
  const listed = [...comment.matchAll(/`([A-Z_]+)`/g)].map(([, reason]) => reason);
  expect(listed.toSorted()).toEqual(CASES.map(([, reason]) => reason).toSorted());
});
