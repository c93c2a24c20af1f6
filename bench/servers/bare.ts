/** The least work that grpc-js can do, and so the highest possible speed: handlers that read nothing and answer with prepared bytes. */
import { toBinary } from '@bufbuild/protobuf';
import { Server, type ServiceDefinition } from '@grpc/grpc-js';
import { OtpService } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { tuneForServing } from '../../src/app/v8-tuning.ts';
import { defineMethod } from '../../src/grpc/handlers.ts';
import { CONSTANT_TOKEN, CONSTANT_VERIFY } from './constants.ts';
import { listen } from './listen.ts';

const { method } = OtpService;
const token = Buffer.from(toBinary(method.token.output, CONSTANT_TOKEN));
const verify = Buffer.from(toBinary(method.verify.output, CONSTANT_VERIFY));
const definition: ServiceDefinition = { token: defineMethod(method.token), verify: defineMethod(method.verify) };

// The limits of the product cost nothing per call. The features that it turns off are off here too.
const server: Server = new Server({ 'grpc.enable_channelz': 0 });
server.addService(definition, {
  token: (_: unknown, answer: (error: null, bytes: Buffer) => void) => answer(null, token),
  verify: (_: unknown, answer: (error: null, bytes: Buffer) => void) => answer(null, verify),
});
tuneForServing();
listen(server, 'bare');
