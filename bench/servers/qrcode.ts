/** The product with other pictures: Generate draws them with `toBuffer` of the package `qrcode`, with the same options. */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { create } from '@bufbuild/protobuf';
import { toBuffer } from 'qrcode';
import type { GenerateRequest, GenerateResponse } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { QrCodeOptionsSchema, QrCodeSchema, QrFormat } from '../../gen/ts/otp/v1/qr_code_pb.ts';
import { createAuthenticator } from '../../src/auth/authenticator.ts';
import { loadConfig } from '../../src/config/config.ts';
import { createGrpcServer } from '../../src/grpc/server.ts';
import { createCharging } from '../../src/limits/charging.ts';
import { parsePlans } from '../../src/limits/plans.ts';
import { logCall } from '../../src/observability/call-log.ts';
import { createLog } from '../../src/observability/log.ts';
import { QR_DEFAULTS } from '../../src/otp/qr.ts';
import { createAdmit } from '../../src/rpc/admission.ts';
import { createCallerAddress } from '../../src/rpc/caller-address.ts';
import type { CallContext } from '../../src/rpc/context.ts';
import { createLifecycle } from '../../src/rpc/lifecycle.ts';
import { createTurns } from '../../src/rpc/work-queue.ts';
import { createKey, createRing, SEALING_KEY_BYTES } from '../../src/sealing/ring.ts';
import { createSealing } from '../../src/sealing/sealing.ts';
import { createGenerate } from '../../src/service/generate.ts';
import { otpMethods } from '../../src/service/methods.ts';
import { openStore } from '../../src/store/open.ts';
import { createFingerprints, FINGERPRINT_KEY_BYTES } from '../../src/verification/fingerprint.ts';

const { values } = parseArgs({
  options: { 'data-dir': { type: 'string' }, plans: { type: 'string' }, 'log-level': { type: 'string' } },
});
const { 'data-dir': dataDir = '', plans = '', 'log-level': logLevel = 'info' } = values;
const config = loadConfig({ listen: '127.0.0.1:0', dataDir, plans, logLevel }, {});
const log = createLog(config.logLevel);
const store = await openStore(config, () => undefined);
const fingerprints = createFingerprints(new Uint8Array(FINGERPRINT_KEY_BYTES));
const authenticator = createAuthenticator({ keys: store.keys, clock: Date.now });
const ring = createRing([createKey(new Uint8Array(SEALING_KEY_BYTES), 0, 0)]);
const sealing = { sealing: createSealing(ring), enrolmentTtlMs: 0 };
const generate = createGenerate(sealing, createTurns());
const { codes, limits, recovery } = store;
const parsed = parsePlans(readFileSync(plans, 'utf8'));
const ports = {
  ...sealing,
  codes,
  limits,
  recovery,
  plans: () => parsed,
  fingerprints,
  audit: () => undefined,
  knows: () => true,
};
const methods = otpMethods(ports).map((method) =>
  method.descriptor.localName === 'generate' && method.kind === 'unary'
    ? { ...method, handle: generateByPackage as unknown as typeof method.handle }
    : method,
);
const charging = createCharging({
  limits: store.limits,
  clock: Date.now,
  onFallback: () => undefined,
  onShared: () => undefined,
});
const server = createGrpcServer({
  methods,
  lifecycle: createLifecycle({
    methods,
    admit: createAdmit({ authenticator, charging, plans: () => parsed }),
    clock: Date.now,
    hooks: { onEnd: (call, code) => logCall(log, call, code) },
    callerAddress: createCallerAddress(config.trustedProxies),
  }),
  reflection: true,
  fastPath: config.fastPath,
  onFastPath: () => undefined,
  tls: undefined,
  bounds: config,
  age: { maxAgeMs: config.maxConnectionAgeMs, graceMs: config.maxConnectionAgeGraceMs },
  onRefused: () => undefined,
  onTlsProblem: () => undefined,
});
process.once('SIGTERM', () => process.exit());
process.stdout.write(`ours with the pictures of qrcode listens on 127.0.0.1:${await server.listen('127.0.0.1', 0)}\n`);

async function generateByPackage(request: GenerateRequest, context: CallContext): Promise<GenerateResponse> {
  const qrCode = create(QrCodeOptionsSchema, { format: QrFormat.NONE });
  const response = await generate({ ...request, qrCode }, context);
  const { errorCorrection, scale, quietZone } = QR_DEFAULTS;
  const data = await toBuffer(response.uri, { type: 'png', errorCorrectionLevel: errorCorrection, scale, margin: quietZone });
  const dataUri = `data:image/png;base64,${data.toString('base64')}`;
  return { ...response, qrCode: create(QrCodeSchema, { mediaType: 'image/png', data, dataUri, width: data.readUInt32BE(16) }) };
}
