/** The parameters of an otpauth URI by name. Each parameter that a code depends on must be given once and be unambiguous. */
import type { Violations } from './error.ts';
import { decodeName } from './uri-names.ts';

/** Values by name in lower case. All values are decoded except `issuer`, which `decodeName` decodes; a value with malformed escapes is undefined. */
export type Query = ReadonlyMap<string, string | undefined>;

/**
 * Splits a query, and notes for the field `uri` what is wrong with a decisive parameter. Drops all other parameters except `issuer`.
 *
 * @param decisive the parameters that a code depends on.
 */
export function readQuery(query: string, decisive: ReadonlySet<string>, found: Violations): Query {
  const values = new Map<string, string | undefined>();
  let hidden = false;
  for (const pair of query.split('&')) {
    const end = pair.includes('=') ? pair.indexOf('=') : pair.length;
    const [name, escaped] = readParameterName(pair.slice(0, end));
    if (decisive.has(name)) {
      // Some apps stop at the `#`, or ignore `amp;digits`: their codes differ from those of apps that read on.
      if (hidden) found.add('uri', `the parameter ${name} must not follow a #: percent-encode the # as %23`);
      if (escaped) found.add('uri', 'the parameters must be separated by & alone: the URI is escaped for HTML');
      if (values.has(name)) found.add('uri', `the parameter ${name} must be given once`);
      values.set(name, decode(name, pair.slice(end + 1), found));
    } else if (name === 'issuer' && !values.has(name)) {
      values.set(name, pair.slice(end + 1));
    }
    hidden ||= pair.includes('#');
  }
  return values;
}

/** The name in lower case, and whether a rest of `&amp;` preceded it. */
function readParameterName(text: string): [name: string, escaped: boolean] {
  const name = decodeName(text).toLowerCase();
  return name.startsWith('amp;') ? [name.slice('amp;'.length), true] : [name, false];
}

/** Decodes a value. In a secret, `+` is a space, as in form data; `%2B` is a plus sign, which no secret has. In a number both are invalid. */
function decode(name: string, text: string, found: Violations): string | undefined {
  try {
    return decodeURIComponent(name === 'secret' ? text.replaceAll('+', '') : text);
  } catch {
    found.add('uri', `the parameter ${name} has a malformed percent escape`);
    return undefined;
  }
}
