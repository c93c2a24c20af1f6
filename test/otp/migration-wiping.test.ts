/** The bytes of a migration, which contain every secret in the clear, are zeroed after they were read or written. */
import { expect, it, vi } from 'vitest';
import { readMigration } from '../../src/otp/migration.ts';
import { writeMigration } from '../../src/otp/migration-write.ts';

const payloads = vi.hoisted(() => [] as Uint8Array[]);
vi.mock('../../src/otp/migration-message.ts', async (original) => {
  const messages = await original<typeof import('../../src/otp/migration-message.ts')>();
  return {
    ...messages,
    readPayload(...args: Parameters<typeof messages.readPayload>) {
      payloads.push(args[0]);
      return messages.readPayload(...args);
    },
    writePayload(...args: Parameters<typeof messages.writePayload>) {
      const bytes = messages.writePayload(...args);
      payloads.push(bytes);
      return bytes;
    },
  };
});

const KEY = {
  secret: Buffer.from('12345678901234567890'),
  parameters: { type: 'totp', algorithm: 'SHA1', digits: 6, period: 30 },
  counter: undefined,
  issuer: 'ACME',
  accountName: 'alice',
} as const;

it('leaves no payload, and does not change the secret that was read', () => {
  const { uris } = writeMigration([KEY], 1);
  const { entries } = readMigration(uris[0] ?? '');
  expect(() => readMigration('otpauth-migration://offline?data=qqqq')).toThrow('damaged');
  expect(payloads).toHaveLength(3);
  expect(payloads.every((bytes) => bytes.length > 0 && bytes.every((byte) => byte === 0))).toBe(true);
  expect(entries).toMatchObject([{ secret: Uint8Array.from(KEY.secret) }]);
});
