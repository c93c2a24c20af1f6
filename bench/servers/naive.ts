/** A typical gRPC server: grpc-js, proto-loader and otplib with default options, a constant API key, no limits, and no one-time use. */
import {
  loadPackageDefinition,
  Server,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { generate, verify } from 'otplib';
import { root } from '../root.ts';
import { listen } from './listen.ts';

const PERIOD = 30;

interface Requests {
  Token: { key: { secret: string } };
  Verify: { key: { secret: string }; code: string };
}

interface OtpPackage {
  otp: { v1: { OtpService: { service: Parameters<Server['addService']>[0] } } };
}

const definition = loadSync('otp/v1/otp_service.proto', { includeDirs: [root('proto')], keepCase: true, enums: String });
const { otp } = loadPackageDefinition(definition) as unknown as OtpPackage;

const checkKey: ServerInterceptor = (_, call) =>
  new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata(metadata, nextMetadata) {
          if (metadata.get('x-api-key')[0] === process.env['BENCH_API_KEY']) nextMetadata(metadata);
          else call.sendStatus({ code: status.UNAUTHENTICATED, details: 'wrong API key' });
        },
      }),
  });

async function token({ key: { secret } }: Requests['Token']): Promise<object> {
  const now = Date.now() / 1000;
  const step = Math.floor(now / PERIOD);
  const code = await generate({ secret });
  const expires = (step + 1) * PERIOD;
  return {
    token: {
      code,
      step,
      valid_from: { seconds: step * PERIOD },
      expire_time: { seconds: expires },
      remaining_seconds: Math.ceil(expires - now),
      server_time: { seconds: Math.floor(now), nanos: Math.floor((now % 1) * 1000) * 1e6 },
      type: 'OTP_TYPE_TOTP',
      algorithm: 'ALGORITHM_SHA1',
      digits: 6,
      period_seconds: PERIOD,
    },
  };
}

async function check({ key: { secret }, code }: Requests['Verify']): Promise<object> {
  const { valid } = await verify({ secret, token: code, epochTolerance: PERIOD });
  return { valid, status: valid ? 'VERIFY_STATUS_ACCEPTED' : 'VERIFY_STATUS_MISMATCH', attempts_remaining: 4 };
}

function unary<R>(
  answer: (request: R) => Promise<object>,
): (call: ServerUnaryCall<R, object>, reply: sendUnaryData<object>) => void {
  return async (call, reply) => {
    try {
      reply(null, await answer(call.request));
    } catch {
      reply({ code: status.INVALID_ARGUMENT, details: 'bad request' });
    }
  };
}

const server: Server = new Server({ interceptors: [checkKey] });
server.addService(otp.v1.OtpService.service, { Token: unary(token), Verify: unary(check) });
listen(server, 'naive');
