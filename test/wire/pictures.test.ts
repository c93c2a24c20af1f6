/** Pictures over the wire: many concurrent pictures are drawn, including the largest, and other calls do not wait for them. */
import { expect, test } from 'vitest';
import { scan, toPixels } from '../otp/pixels.ts';
import { methods } from '../support/client.ts';
import { wireForAll } from '../support/wire.ts';

const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
const typical = { issuer: 'ACME Co', accountName: 'alice@example.com' };
const longest = { issuer: 'a€'.repeat(32), accountName: 'a€'.repeat(64), secret: 'JBSWY3DP'.repeat(25), qrCode: { scale: 4 } };

const wire = wireForAll();

test('many at once are all drawn, each its own', async () => {
  const requests = Array.from({ length: 60 }, (_, i) => (i % 10 === 0 ? longest : { ...typical, accountName: `user${i}` }));
  const answers = await Promise.all(requests.map((request) => wire.client.call(methods.generate, request)));
  for (const { code, response } of answers) {
    expect(code).toBe('OK');
    const { mediaType = '', data = new Uint8Array(), width = 0 } = response?.qrCode ?? {};
    expect(scan(toPixels({ mediaType, data, width }))).toBe(response?.uri);
  }
  expect(new Set(answers.map(({ response }) => response?.uri)).size).toBeGreaterThanOrEqual(54);
});

test('a call without a picture overtakes calls that wait for theirs', async () => {
  const order: string[] = [];
  const drawn = Array.from({ length: 80 }, () => wire.client.call(methods.generate, longest).then(() => order.push('picture')));
  const token = wire.client.call(methods.token, { key }).then(() => order.push('token'));
  const plain = wire.client.call(methods.generate, { ...typical, qrCode: { format: 4 } }).then(() => order.push('plain'));
  await Promise.all([...drawn, token, plain]);
  expect(order).toHaveLength(82);
  expect(order.slice(0, 60)).toEqual(expect.arrayContaining(['token', 'plain']));
});

test('a picture that cannot be drawn is reported with the other mistakes', async () => {
  const { code, details } = await wire.client.call(methods.generate, { ...longest, counter: 1n, qrCode: { errorCorrection: 4 } });
  expect(code).toBe('INVALID_ARGUMENT');
  expect(details.badRequest?.fieldViolations.map(({ field }) => field)).toEqual(['counter', 'qr_code.error_correction']);
});
