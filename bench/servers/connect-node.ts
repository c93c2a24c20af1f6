/** A typical Connect server: connect-node and otplib with default options, a constant API key, no limits, and no state. */
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type Interceptor } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { generate } from 'otplib';
import { Algorithm, OtpType } from '../../gen/ts/otp/v1/key_pb.ts';
import { OtpService, type TokenResponseSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { listenHttp } from './listen.ts';

const PERIOD = 30;

const checkKey: Interceptor = (next) => (request) => {
  if (request.header.get('x-api-key') !== process.env['BENCH_API_KEY']) throw new ConnectError('wrong key', Code.Unauthenticated);
  return next(request);
};

async function token(secret: string): Promise<MessageInitShape<typeof TokenResponseSchema>> {
  const now = Date.now();
  const step = Math.floor(now / 1000 / PERIOD);
  return {
    token: {
      code: await generate({ secret }),
      step: BigInt(step),
      validFrom: timestampFromMs(step * PERIOD * 1000),
      expireTime: timestampFromMs((step + 1) * PERIOD * 1000),
      remainingSeconds: Math.ceil((step + 1) * PERIOD - now / 1000),
      serverTime: timestampFromMs(now),
      type: OtpType.TOTP,
      algorithm: Algorithm.SHA1,
      digits: 6,
      periodSeconds: PERIOD,
    },
  };
}

const handler = connectNodeAdapter({
  grpc: false,
  interceptors: [checkKey],
  routes: (router) => router.service(OtpService, { token: ({ key }) => token(String(key?.source.value ?? '')) }),
});
listenHttp(process.argv.includes('--h2') ? createHttp2Server(handler) : createServer(handler), 'connect-node');
