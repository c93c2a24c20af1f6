/** Page tokens: the place where a list continues, encrypted so that callers can neither read nor make them, and bound to the fields of the list. */
import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import { invalid } from '../../otp/error.ts';
import type { KeyPlace } from '../../ports/store.ts';

export interface PageTokens {
  readonly write: (place: KeyPlace, fields: readonly unknown[]) => string;
  /**
   * Returns undefined for no token. Throws `InvalidInputError` for a token that was not made with the same fields by a server with the same fingerprint
   * key.
   */
  readonly read: (token: string, fields: readonly unknown[]) => KeyPlace | undefined;
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SHAPE = /^[\w-]{40,200}$/;

/** Makes and reads tokens under a key of 32 bytes that all instances have. */
export function createPageTokens(key: KeyObject): PageTokens {
  return {
    write({ createdAt, id }, fields) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(boundTo(fields));
      const text = Buffer.concat([cipher.update(`${createdAt} ${id}`), cipher.final()]);
      return Buffer.concat([nonce, text, cipher.getAuthTag()]).toString('base64url');
    },
    read(token, fields) {
      if (token === '') return undefined;
      const place = SHAPE.test(token) ? open(key, token, fields) : undefined;
      if (place === undefined)
        throw invalid('page_token', 'must be next_page_token of an answer to the same fields: begin the list anew without it');
      return place;
    },
  };
}

function open(key: KeyObject, token: string, fields: readonly unknown[]): KeyPlace | undefined {
  const bytes = Buffer.from(token, 'base64url');
  // Node ignores spare bits at the end of base64, so another text could have the same bytes.
  if (bytes.toString('base64url') !== token) return undefined;
  const [textStart, textEnd] = [NONCE_BYTES, bytes.length - TAG_BYTES];
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, textStart), { authTagLength: TAG_BYTES });
  decipher.setAAD(boundTo(fields));
  decipher.setAuthTag(bytes.subarray(textEnd));
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(textStart, textEnd)), decipher.final()]).toString('latin1');
    const [createdAt, id = ''] = text.split(' ');
    return { createdAt: Number(createdAt), id };
  } catch {
    return undefined;
  }
}

function boundTo(fields: readonly unknown[]): Buffer {
  return Buffer.from(`otpd page token v1 ${JSON.stringify(fields)}`);
}
