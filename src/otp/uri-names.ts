/** Reads the names in an otpauth URI. No code depends on them, so the reader is tolerant and never refuses a name. */
import type { Label } from './uri.ts';

/** Bytes in percent-encoding (RFC 3986 section 2.1). */
const ESCAPES = /(?:%[0-9a-f]{2})+/gi;

/**
 * Reads the names, without checking them: they may be empty, long, or hold control characters.
 *
 * The issuer is the issuer parameter or, without that, the label's prefix. The prefix ends with the issuer parameter if the label begins with it,
 * otherwise at the first literal colon, otherwise at the first percent-encoded colon.
 *
 * @param label the path of the URI, still encoded.
 * @param issuer the value of the issuer parameter, still encoded.
 */
export function readNames(label: string, issuer: string): Label {
  const parameter = decodeName(issuer);
  const whole = decodeName(label);
  if (parameter !== '' && whole.startsWith(`${parameter}:`)) {
    return { issuer: parameter, accountName: whole.slice(parameter.length + 1).trim() };
  }
  const [prefix, accountName] = label.includes(':') ? split(label).map(decodeName) : split(whole);
  return { issuer: parameter || (prefix ?? '').trim(), accountName: (accountName ?? '').trim() };
}

/** The text before the first colon, empty if there is none, and the text after it. */
function split(label: string): [prefix: string, rest: string] {
  const colon = label.indexOf(':');
  return [label.slice(0, Math.max(colon, 0)), label.slice(colon + 1)];
}

/**
 * Decodes a name as form data: `+` is a space, and `%2B` a plus sign. As in the URL Standard, a `%` that begins no escape is literal, and bytes
 * that are not UTF-8 become U+FFFD.
 */
export function decodeName(text: string): string {
  return text.replaceAll('+', ' ').replace(ESCAPES, decodeBytes).trim();
}

function decodeBytes(escapes: string): string {
  return Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8');
}
