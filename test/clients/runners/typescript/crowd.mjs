/** The callers of a crowd: see test/clients/README.md. */
import { fromJson, toJson } from '@bufbuild/protobuf';
import { OtpError, VerifyRequestSchema, VerifyResponseSchema } from 'otpd-client';

const AGAIN = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED']);

export async function callTogether(client, crowd) {
  await Promise.all(crowd.map((requests, caller) => callInTurn(client, requests, caller)));
}

async function callInTurn(client, requests, caller) {
  for (const [index, json] of requests.entries()) {
    const request = fromJson(VerifyRequestSchema, json);
    for (let code; code === undefined || AGAIN.has(code); ) {
      const outcome = await client.verify(request).then(describe, describeFailure);
      code = outcome.code;
      process.stdout.write(`${JSON.stringify({ caller, request: index, ...outcome })}\n`);
    }
  }
}

function describe(response) {
  return { code: 'OK', status: toJson(VerifyResponseSchema, response).status };
}

function describeFailure(error) {
  if (!(error instanceof OtpError)) throw error;
  return { code: error.code, reason: error.reason ?? '' };
}
