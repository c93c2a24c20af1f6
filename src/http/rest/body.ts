/** The body of a REST call: its type, its text, and the object in it. */
import { UnreadableRequest } from './failure.ts';

/** The object in a JSON text. Throws `UnreadableRequest` (400). */
export function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new UnreadableRequest(400, 'the body is not valid JSON');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new UnreadableRequest(400, 'the body must be a JSON object');
}

/** The text of a body. Throws `UnreadableRequest` (400) if it is not UTF-8. */
export function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new UnreadableRequest(400, 'the body must be text in UTF-8');
  }
}

/** The kind of a body by its content type, JSON if there is none; undefined for any other, and for a charset that is not UTF-8. */
export function bodyType(contentType = 'application/json'): 'form' | 'json' | undefined {
  const [type = '', ...rest] = contentType.toLowerCase().split(';');
  const charset = rest
    .map((parameter) => /^\s*charset\s*=\s*"?([^"\s]*)/.exec(parameter)?.[1])
    .find((found) => found !== undefined);
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') return undefined;
  if (type.trim() === 'application/x-www-form-urlencoded') return 'form';
  return type.trim() === 'application/json' ? 'json' : undefined;
}
