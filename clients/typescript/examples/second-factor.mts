/** A second factor from enrolment to a lost phone: a sealed key that is confirmed, a login, a replay, and a recovery code. */
import { connect, enumName, type OtpClient, SecretDelivery, sealedKey, uriKey, VerifyStatusSchema } from 'otpd-client';

/** Derived from the user at each call, and not stored beside the blob. */
const user = new TextEncoder().encode('user-1/totp/1');

const { OTPD_ADDRESS: address = '127.0.0.1:50051', OTPD_API_KEY: apiKey = '' } = process.env;
using otp = connect(address, apiKey, { plaintext: true });
await run(otp);

async function run(client: OtpClient): Promise<void> {
  const enrolment = await client.generate({
    issuer: 'ACME',
    accountName: 'alice@example.com',
    delivery: SecretDelivery.SEALED,
    sealedContext: user,
  });
  console.log('show as a QR code:', enrolment.uri);

  // The app does this with the QR code, and the user reads it there.
  const code = (await client.token({ key: uriKey(enrolment.uri) })).token?.code ?? '';
  const pending = sealedKey(enrolment.sealed?.blob ?? '', user);
  const confirmed = await client.verify({ key: pending, code, confirm: true });
  console.log('enrolled:', enumName(VerifyStatusSchema, confirmed.status));

  // What the database keeps from here on.
  const stored = confirmed.resealed?.blob ?? '';
  const login = await client.verify({ key: sealedKey(stored, user), code });
  console.log('the same code again:', enumName(VerifyStatusSchema, login.status));

  const recovery = await client.generateRecoveryCodes({ sealedContext: user });
  const set = { blob: recovery.set?.blob ?? '', context: user };
  const answer = await client.verifyRecoveryCode({ set, code: recovery.codes[0] ?? '' });
  console.log('a recovery code:', enumName(VerifyStatusSchema, answer.status), 'with', answer.remainingCount, 'left');
}
