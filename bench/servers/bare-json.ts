/** The least work that node:http can do for a JSON call: it reads and parses the request, and answers with a constant. */
import { createServer } from 'node:http';
import { toJson } from '@bufbuild/protobuf';
import { TokenResponseSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { CONSTANT_TOKEN } from './constants.ts';
import { listenHttp } from './listen.ts';

const answer = toJson(TokenResponseSchema, CONSTANT_TOKEN);

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    JSON.parse(Buffer.concat(chunks).toString());
    const body = JSON.stringify(answer);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
  });
});
listenHttp(server, 'bare JSON');
