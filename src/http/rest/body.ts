/** The body of a REST call: its type, its text, and the object in it. */
import { CallFailure } from '../../rpc/failure.ts';
import { parseJson } from '../../util/json-text.ts';
import { CODINGS, decompress } from '../content-coding.ts';
import { UnreadableRequest } from './failure.ts';

/**
 * Removes the `content-encoding` of a body. Rejects with `UnreadableRequest`: 415 for an unsupported coding, 400 for bytes that are not of the
 * coding; and as `decompress` does above 64 KiB.
 */
export async function withoutCoding(body: Buffer, coding = 'identity'): Promise<Buffer> {
  if (body.length === 0 || coding.trim().toLowerCase() === 'identity') return body;
  try {
    const plain = await decompress(coding, body);
    if (plain !== undefined) return plain;
  } catch (error) {
    if (error instanceof CallFailure && error.reason !== 'malformed_message') throw error;
    throw new UnreadableRequest(400, 'the body is not compressed as content-encoding says: correct either');
  }
  throw new UnreadableRequest(415, `content-encoding: must be ${CODINGS}, or absent for a body as it is`);
}

/** The object in a JSON text. Throws `UnreadableRequest` (400). */
export function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    // The parser's own message quotes the text.
    throw new UnreadableRequest(400, 'the body is not valid JSON, or has a member twice');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new UnreadableRequest(400, 'the body must be a JSON object');
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The text of a body. Throws `UnreadableRequest` (400) if it is not UTF-8. */
export function decode(body: Uint8Array): string {
  try {
    return UTF8.decode(body);
  } catch {
    throw new UnreadableRequest(400, 'the body must be text in UTF-8');
  }
}

const TYPES: Readonly<Record<string, BodyType>> = {
  'application/json': 'json',
  'application/x-www-form-urlencoded': 'form',
};
const CHARSET = /^\s*charset\s*=\s*"?([^"\s]*)/;

export type BodyType = 'form' | 'json';

/** The kind of a body by its content type; JSON if there is none; undefined for any other type, and for another charset than UTF-8. */
export function bodyType(contentType = 'application/json'): BodyType | undefined {
  // Nearly every caller sends one of these two.
  if (Object.hasOwn(TYPES, contentType)) return TYPES[contentType];
  const [type = '', ...parameters] = contentType.toLowerCase().split(';');
  const charset = parameters.map((parameter) => CHARSET.exec(parameter)?.[1]).find((found) => found !== undefined);
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') return undefined;
  return Object.hasOwn(TYPES, type.trim()) ? TYPES[type.trim()] : undefined;
}
