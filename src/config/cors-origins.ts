/** The origins whose pages may call by HTTP. */
import { Violations } from '../otp/error.ts';

/** Reads origins (RFC 6454 section 6.2) between commas, or `*` for any. Throws `InvalidInputError` with a violation for each invalid entry. */
export function parseCorsOrigins(text: string): readonly string[] {
  const violations = new Violations();
  const entries = text.split(',').map((entry) => entry.trim());
  if (entries.includes('*') && entries.length > 1) violations.add('', 'has * beside others: name the origins, or * alone');
  for (const [place, entry] of entries.entries()) {
    if (entry !== '*' && !isOrigin(entry))
      violations.add(
        '',
        `entry ${place + 1} is not an origin: use scheme, host and port as browsers send them, such as https://app.example.com`,
      );
  }
  violations.throwIfAny();
  return entries;
}

/** An origin has a single spelling: in lower case, without the scheme's own port and without a slash at the end. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && text !== 'null';
}
