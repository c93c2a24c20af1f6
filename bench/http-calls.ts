/** The calls over HTTP: their requests, and the code in a correct answer. */
import { once } from 'node:events';
import { connect } from 'node:http2';
import { text as readText } from 'node:stream/consumers';
import { formatSecret } from '../src/otp/secret.ts';
import { hotp, SECRET } from './load/bodies.ts';

export type HttpCallName = 'json-token' | 'apiverve' | '2faotp';

export interface HttpCall {
  readonly path: string;
  readonly contentType: string;
  readonly body: string;
  /** Returns the code in an answer; undefined if the answer has another form. */
  readonly codeOf: (answer: Answer) => string | undefined;
}

interface Answer {
  readonly token?: { readonly code?: string };
  readonly data?: { readonly token?: string; readonly code?: string };
}

const secret: string = formatSecret(SECRET);

export const HTTP_CALLS: Readonly<Record<HttpCallName, HttpCall>> = {
  'json-token': {
    path: '/otp.v1.OtpService/Token',
    contentType: 'application/json',
    body: JSON.stringify({ key: { secret } }),
    codeOf: ({ token }) => token?.code,
  },
  apiverve: {
    path: '/v1/totpgenerator',
    contentType: 'application/json',
    body: JSON.stringify({ secret, digits: 6, period: 30 }),
    codeOf: ({ data }) => data?.token,
  },
  '2faotp': {
    path: '/api/2fa/generate',
    contentType: 'application/x-www-form-urlencoded',
    body: String(new URLSearchParams({ secret })),
    codeOf: ({ data }) => data?.code,
  },
};

/** The difference between the lengths of two answers to the same request, in bytes: fractions of seconds, and seconds of one or two digits. */
const SPREAD = 16;

/** Makes the call once and returns the bounds on the length of its answers. Throws if the code is not the current code or `constant`. */
export async function checkHttpCall(
  address: string,
  apiKey: string,
  name: HttpCallName,
  constant: string | undefined,
  http: 1 | 2 | undefined,
): Promise<[number, number]> {
  const { path, contentType, body, codeOf } = HTTP_CALLS[name];
  const headers = { 'content-type': contentType, 'x-api-key': apiKey };
  const { status, text } = await (http === 2 ? postByHttp2 : post)(`http://${address}`, path, headers, body);
  if (status !== 200) throw new Error(`the server answers ${status}: ${text.slice(0, 300)}`);
  const code = codeOf(JSON.parse(text) as Answer);
  const step = Math.floor(Date.now() / 1000 / 30);
  const right = constant === undefined ? [hotp(SECRET, step), hotp(SECRET, step - 1)] : [constant];
  if (code === undefined || !right.includes(code)) throw new Error(`the server answers another code to ${name}`);
  const length = Buffer.byteLength(text);
  return [length - SPREAD, length + SPREAD];
}

type Post = (
  origin: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string,
) => Promise<{ readonly status: number; readonly text: string }>;

const post: Post = async (origin, path, headers, body) => {
  const response = await fetch(origin + path, { method: 'POST', headers, body });
  return { status: response.status, text: await response.text() };
};

const postByHttp2: Post = async (origin, path, headers, body) => {
  const session = connect(origin);
  try {
    const stream = session.request({ ':method': 'POST', ':path': path, ...headers });
    stream.end(body);
    const [answer] = (await once(stream, 'response')) as [{ ':status': number }];
    return { status: answer[':status'], text: await readText(stream) };
  } finally {
    session.close();
  }
};
