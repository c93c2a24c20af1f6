/** The same call by a command. */
import { toJsonString } from '@bufbuild/protobuf';
import type { Call, Target } from './call.ts';

const KEY = '-H "x-api-key: $OTPD_API_KEY"';

export function grpcurl(call: Call, { address, isTls }: Target): string {
  return `grpcurl ${isTls ? '' : '-plaintext '}${KEY} \\\n  -d ${jsonOf(call)} \\\n  ${address} ${call.method.parent.typeName}/${call.method.name}`;
}

export function curl(call: Call, { origin }: Target): string {
  const url = `${origin}/${call.method.parent.typeName}/${call.method.name}`;
  const json = jsonOf(call);
  if (call.method.methodKind === 'unary') {
    return `curl ${KEY} -H 'content-type: application/json' \\\n  -d ${json} \\\n  ${url}`;
  }
  // A frame of the Connect protocol: no flags, the length in four bytes, the message.
  const length = new TextEncoder().encode(toJsonString(call.method.input, call.request)).length;
  const frame = [0, 0, 0, length >> 8, length & 255].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  return `printf '${frame}%s' ${json} |
  curl -N ${KEY} -H 'content-type: application/connect+json' \\
  --data-binary @- --output - ${url}`;
}

function jsonOf({ method, request }: Call): string {
  return `'${toJsonString(method.input, request).replaceAll("'", String.raw`'\''`)}'`;
}
