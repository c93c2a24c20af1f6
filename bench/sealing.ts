/**
 * Measures the cost of sealing and opening a key beside the cost of OpenSSL alone.
 *
 * npx node bench/sealing.ts
 *
 * Prints the CPU time of an operation as the least and the median of 60 short rounds. On a busy machine the least is the right figure.
 */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { readKeyPayload, writeKeyPayload } from '../src/sealing/key-payload.ts';
import { createKey, createRing } from '../src/sealing/ring.ts';
import { createSealing } from '../src/sealing/sealing.ts';

const ROUNDS = 60;
const CALLS = 2000;

const sealing = createSealing(createRing([createKey(randomBytes(32), 0, 0)]));
const binding = { tenant: 'default', context: Buffer.from('user-1/totp/7') };
const payload = writeKeyPayload({
  secret: randomBytes(20),
  parameters: { type: 'totp', algorithm: 'SHA1', digits: 6, period: 30 },
  counter: undefined,
  issuer: 'ACME',
  accountName: 'alice@example.com',
  createTime: 1_795_000_000,
  pendingUntil: undefined,
});
const blob = sealing.seal('otpk1', payload, binding, 0);

const [secret, input, nonceAndKey] = [createSecretKey(randomBytes(32)), randomBytes(39), randomBytes(44)];
const cipher = createCipheriv('aes-256-gcm', nonceAndKey.subarray(0, 32), nonceAndKey.subarray(32), { authTagLength: 16 });
cipher.setAAD(input);
const ciphertext = Buffer.concat([cipher.update(payload), cipher.final()]);
const tag = cipher.getAuthTag();

/** Runs the two operations of OpenSSL through Node, on inputs of the same size. */
function opensslAlone(): void {
  createHmac('sha512', secret).update(input).digest();
  const [key, nonce] = [nonceAndKey.subarray(0, 32), nonceAndKey.subarray(32)];
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  decipher.setAAD(input).setAuthTag(tag);
  decipher.update(ciphertext);
  decipher.final();
}

const work: Readonly<Record<string, () => void>> = {
  open: () => void sealing.open('otpk1', blob, binding).payload.fill(0),
  'open, and read the key': () => {
    const opened = sealing.open('otpk1', blob, binding);
    readKeyPayload(opened.payload);
    opened.payload.fill(0);
  },
  seal: () => void sealing.seal('otpk1', payload, binding, 0),
  'HMAC-SHA-512 and AES-256-GCM alone': opensslAlone,
};
const costs = new Map(Object.keys(work).map((name) => [name, [] as number[]]));
for (let round = 0; round < ROUNDS; round += 1)
  for (const [name, run] of Object.entries(work)) {
    const before = process.cpuUsage();
    for (let call = 0; call < CALLS; call += 1) run();
    const { user, system } = process.cpuUsage(before);
    costs.get(name)?.push((user + system) / CALLS);
  }
for (const [name, rounds] of costs) {
  const sorted = rounds.toSorted((one, other) => one - other);
  process.stdout.write(`${name}: ${sorted[0]?.toFixed(1)} µs, median ${sorted[ROUNDS >> 1]?.toFixed(1)} µs\n`);
}
