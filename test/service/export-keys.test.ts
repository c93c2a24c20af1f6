/** ExportKeys clears each secret after the answer or a failure; ImportKeys refunds URIs without a key; both stop when their call has ended. */
import { create } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it } from 'vitest';
import { ExportFormat, ExportKeysRequestSchema, ImportKeysRequestSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import type { AuditEvent } from '../../src/ports/audit.ts';
import { CallFailure } from '../../src/rpc/failure.ts';
import { writeKeyPayload } from '../../src/sealing/key-payload.ts';
import { createSealing } from '../../src/sealing/sealing.ts';
import { createExportKeys } from '../../src/service/export-keys.ts';
import { createImportKeys } from '../../src/service/import-keys.ts';
import { createFingerprints, type Fingerprints } from '../../src/verification/fingerprint.ts';
import { ringOf } from '../sealing/rings.ts';
import { callContext } from '../support/context.ts';
import { sealedKey } from '../support/enrolment.ts';
import vectors from '../vectors/migration.json' with { type: 'json' };

const NOW = 1_800_000_000_000;
const SECRET = Buffer.from('12345678901234567890');
const URI = 'otpauth://totp/ACME:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
/** A migration with an unsupported key between two good keys. */
const MD5 = vectors.read.find(({ name }) => name === 'MD5')?.uri ?? '';
const PARAMETERS = { type: 'totp', algorithm: 'SHA1', digits: 6, period: 30 } as const;

const plain = createSealing(ringOf(1), () => NOW);
/** Every secret that was in use, by reference: payloads of sealed keys, and the exported copies. */
const secrets: Uint8Array[] = [];
const events: AuditEvent[] = [];
const sealing: typeof plain = {
  ...plain,
  open(format, blob, binding) {
    const answer = plain.open(format, blob, binding);
    secrets.push(answer.payload);
    return answer;
  },
};
const real = createFingerprints(new Uint8Array(32));
const fingerprints: Fingerprints = {
  ...real,
  ofSecret(secret, algorithm) {
    secrets.push(secret);
    return real.ofSecret(secret, algorithm);
  },
};
const exportKeys = createExportKeys({ sealing, fingerprints, audit: (event) => void events.push(event) });

const context = (more: Parameters<typeof callContext>[0] = {}) =>
  callContext({
    principal: { keyId: 'k', plan: 'free', scopes: new Set(['export']), tenant: 'default' },
    now: () => NOW,
    ...more,
  });

function blob(): string {
  const contents = { secret: SECRET, parameters: PARAMETERS, counter: undefined, issuer: 'ACME', accountName: 'alice' };
  const payload = writeKeyPayload({ ...contents, createTime: NOW / 1000, pendingUntil: undefined });
  return plain.seal('otpk1', payload, { tenant: 'default', context: new Uint8Array() }, NOW);
}

const items = () => [{ key: sealedKey(blob()) }, { key: { source: { case: 'uri' as const, value: URI } } }];

beforeEach(() => {
  secrets.length = 0;
  events.length = 0;
});

describe('the secrets are cleared', () => {
  it.each([ExportFormat.OTPAUTH, ExportFormat.MIGRATION])('after an export in the format %i', async (format) => {
    const { uris } = await exportKeys(create(ExportKeysRequestSchema, { items: items(), format }), context());
    expect(uris.join()).toMatch(/secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ|MTIzNDU2Nzg5MDEyMzQ1Njc4OTA|EyMzQ1Njc4OTAxMjM0NTY3ODkw/);
    expect(secrets.length).toBe(3);
    expect(secrets.map((bytes) => bytes.every((byte) => byte === 0))).toEqual([true, true, true]);
    expect(events.map(({ event }) => event)).toEqual(['secret.exported', 'secret.exported']);
  });

  it('after an audit trail that fails', async () => {
    const failing = createExportKeys({
      sealing,
      fingerprints,
      audit: () => {
        throw new Error('the disk is full');
      },
    });
    const { uris, results } = await failing(create(ExportKeysRequestSchema, { items: items() }), context());
    expect(uris).toEqual([]);
    expect(results.map(({ result }) => result.case)).toEqual(['error', 'error']);
    expect(secrets.every((bytes) => bytes.every((byte) => byte === 0))).toBe(true);
  });
});

it.each([
  [['nonsense', 'otpauth://'], [1]],
  [['nonsense', URI], []],
  [[URI, `${URI}&digits=9`], []],
  [[MD5, URI], [1]],
])('is given back what was no key: %j', async (uris, expected) => {
  const given: number[] = [];
  await createImportKeys({ sealing })(
    create(ImportKeysRequestSchema, { uris }),
    context({ giveBack: (count) => void given.push(count) }),
  );
  expect(given).toEqual(expected);
});

describe('a call that has ended', () => {
  const ended = () => context({ call: { ended: true, transport: 'grpc' } });

  it('exports nothing', async () => {
    const request = create(ExportKeysRequestSchema, { items: items() });
    await expect(exportKeys(request, ended())).rejects.toBeInstanceOf(CallFailure);
    expect([secrets, events]).toEqual([[], []]);
  });

  it('imports nothing', async () => {
    const importKeys = createImportKeys({ sealing });
    const request = create(ImportKeysRequestSchema, { uris: [URI, URI] });
    await expect(importKeys(request, ended())).rejects.toBeInstanceOf(CallFailure);
  });
});
