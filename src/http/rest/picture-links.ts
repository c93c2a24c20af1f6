/** Links to pictures of secrets: the text of a picture is sealed into an opaque value for a URL, which opens for ten minutes. */
import { createCipheriv, createDecipheriv, createHmac, type KeyObject, randomBytes } from 'node:crypto';
import type { Clock } from '../../ports/store.ts';

const LIFETIME_MS = 600_000;

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const SALT_BYTES = 16;
const TAG_BYTES = 16;
/** When the link ends, in ms since the epoch. */
const TIME_BYTES = 8;

/** The most characters of a value in base64url, enough for the longest text of a picture. */
const MAX_LENGTH = 8192;

export interface PictureLinks {
  /** Seals a text; the result consists of letters, digits, `-` and `_`. */
  readonly seal: (text: string) => string;
  /** The text; undefined if the value was not sealed here, was changed, or is too old. */
  readonly open: (sealed: string) => string | undefined;
}

/** @param key 32 bytes; instances with the same key open each other's links. */
export function createPictureLinks(key: KeyObject, clock: Clock): PictureLinks {
  /** Derives a key and a nonce for each link, since the number of random nonces under one key is limited. */
  function derive(salt: Uint8Array): { key: Buffer; nonce: Buffer } {
    const bytes = createHmac('sha512', key).update(salt).digest();
    return { key: bytes.subarray(0, KEY_BYTES), nonce: bytes.subarray(KEY_BYTES, KEY_BYTES + NONCE_BYTES) };
  }

  return {
    seal(text) {
      const salt = randomBytes(SALT_BYTES);
      const { key, nonce } = derive(salt);
      const time = Buffer.alloc(TIME_BYTES);
      time.writeBigUInt64BE(BigInt(clock() + LIFETIME_MS));
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
      const parts = [salt, cipher.update(time), cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
      return Buffer.concat(parts).toString('base64url');
    },
    open(sealed) {
      if (sealed.length > MAX_LENGTH) return undefined;
      const bytes = Buffer.from(sealed, 'base64url');
      // Node's decoder ignores foreign characters.
      if (bytes.length <= SALT_BYTES + TIME_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return undefined;
      const { key, nonce } = derive(bytes.subarray(0, SALT_BYTES));
      const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const content = decipher.update(bytes.subarray(SALT_BYTES, -TAG_BYTES));
      try {
        decipher.final();
      } catch {
        return undefined;
      }
      const isOver = Number(content.readBigUInt64BE(0)) < clock();
      return isOver ? undefined : content.toString('utf8', TIME_BYTES);
    },
  };
}
