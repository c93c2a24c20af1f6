/** A real server for the tests of the REST APIs, and requests to it by `fetch`. */
import { hotpCode } from '../../src/otp/hotp.ts';
import { completeParameters, type ParametersInput } from '../../src/otp/params.ts';
import { parseSecret } from '../../src/otp/secret.ts';
import { stepAt } from '../../src/otp/totp.ts';
import { startServer, type TestServer, type TestServerOptions } from '../support/server.ts';

/** The time of RFC 6238, appendix B, whose code begins with a zero. */
export const NOW = 1_111_111_109_250;
/** The secret of RFC 6238, appendix B, for SHA1. */
export const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
/** Its code of eight digits at that time, and in the next step. */
export const CODE = '07081804';
export const NEXT_CODE = '14050471';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly bytes: Buffer;
  /** The parsed body; undefined if it is not JSON. */
  readonly json: unknown;
}

export interface Ask extends Omit<RequestInit, 'headers'> {
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RestServer extends TestServer {
  /** `http://127.0.0.1:50080`. */
  readonly origin: string;
  /** Sends a request unchanged. */
  readonly ask: (path: string, init?: Ask) => Promise<Reply>;
  /** Sends a request with the API key in `x-api-key`. */
  readonly askWithKey: (path: string, init?: Ask) => Promise<Reply>;
}

/** Starts the server; by default its clock stands at `NOW`. */
export async function startRestServer(options: TestServerOptions = {}): Promise<RestServer> {
  const server = await startServer({ clock: () => NOW, ...options, flags: { httpListen: '127.0.0.1:0', ...options.flags } });
  const origin = server.httpUrl;
  const ask = async (path: string, init: Ask = {}): Promise<Reply> => {
    const response = await fetch(origin + path, init as RequestInit);
    const bytes = Buffer.from(await response.arrayBuffer());
    const text = bytes.toString();
    return { status: response.status, headers: response.headers, text, bytes, json: parse(text) };
  };
  return Object.assign(server, {
    origin,
    ask,
    askWithKey: (path: string, init: Ask = {}) =>
      ask(path, { ...init, headers: { 'x-api-key': server.apiKey, ...init.headers } }),
  });
}

/** Returns the code of a TOTP at `NOW` plus an offset in seconds. Other tests check that it is right. */
export function codeOf(secret: string, { offset = 0, ...given }: ParametersInput & { readonly offset?: number } = {}): string {
  const parameters = completeParameters(given);
  return hotpCode(parseSecret(secret), stepAt(NOW + offset * 1000, parameters.period), parameters);
}

/** Makes a POST of JSON. */
export function postJson(body: unknown, headers: Readonly<Record<string, string>> = {}): Ask {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

/** Makes a POST of a form. */
export function postForm(body: string, headers: Readonly<Record<string, string>> = {}): Ask {
  return { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }, body };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
