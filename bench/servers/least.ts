/**
 * The floor of our own calls: a bare handler of grpc-js that does only what issues a code or judges one. Codes by otplib, judgements by the writer of the
 * embedded store; no API key, limit, name of a state, log, metric, bound or status of an error.
 */
import { parseArgs } from 'node:util';
import { fromBinary } from '@bufbuild/protobuf';
import { Server, type ServiceDefinition } from '@grpc/grpc-js';
import { OtpService, TokenRequestSchema, type TokenResponse, VerifyRequestSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { tuneForServing } from '../../src/app/v8-tuning.ts';
import { createEncoder } from '../../src/grpc/encode.ts';
import { defineMethod } from '../../src/grpc/handlers.ts';
import { findMatch, hotpCode } from '../../src/otp/hotp.ts';
import { parseSecret } from '../../src/otp/secret.ts';
import { databaseFile } from '../../src/store/open.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { CONSTANT_TOKEN, CONSTANT_VERIFY } from './constants.ts';
import { listen } from './listen.ts';

const PERIOD = 30;
const MATCHABLE_MS = 2 * PERIOD * 1000;
const PARAMETERS = { algorithm: 'SHA1', digits: 6 } as const;

const { values } = parseArgs({ options: { 'data-dir': { type: 'string', default: '' } } });
const { codes } = openSqliteStore({ file: databaseFile(values['data-dir']) });
const { method } = OtpService;
const encodeToken = createEncoder(method.token.output);
const encodeVerify = createEncoder(method.verify.output);
const definition: ServiceDefinition = { token: defineMethod(method.token), verify: defineMethod(method.verify) };

type Answer = (error: Error | null, bytes?: Buffer) => void;

function token({ request }: { readonly request: Uint8Array }, answer: Answer): void {
  const secret = parseSecret(fromBinary(TokenRequestSchema, request).key?.source.value as string);
  const step = Math.floor(Date.now() / 1000 / PERIOD);
  const made = { ...CONSTANT_TOKEN.token, code: hotpCode(secret, step, PARAMETERS), step: BigInt(step) };
  answer(null, Buffer.from(encodeToken({ ...CONSTANT_TOKEN, token: made } as TokenResponse)));
}

function verify({ request }: { readonly request: Uint8Array }, answer: Answer): void {
  const { key, code } = fromBinary(VerifyRequestSchema, request);
  const fingerprint = key?.source.value as string;
  const now = Date.now();
  const current = Math.floor(now / 1000 / PERIOD);
  const step = findMatch(parseSecret(fingerprint), code, current - 1, current + 1, PARAMETERS);
  const attempt = { fingerprint, former: undefined, period: PERIOD, step, drift: 0, claim: true, afterStep: undefined };
  codes.judge({ ...attempt, matchableMs: MATCHABLE_MS, request: undefined }, now).then(
    () => answer(null, Buffer.from(encodeVerify(CONSTANT_VERIFY))),
    (error: Error) => answer(error),
  );
}

const server: Server = new Server({ 'grpc.enable_channelz': 0 });
server.addService(definition, { token, verify });
tuneForServing();
listen(server, 'least');
