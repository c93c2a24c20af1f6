/** The parameters of an otpauth URI, by their names: those that a code depends on each given once, and beyond doubt. */
import type { Violations } from './error.ts';
import { decodeName } from './uri-names.ts';

/** Values by name in lower case: decoded, but `issuer`, which is a name; undefined if the escapes in it are malformed. */
export type Query = ReadonlyMap<string, string | undefined>;

/**
 * Splits a query, and notes for the field `uri` what is wrong with a decisive parameter; all others but `issuer` are left out.
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
      // Some apps stop at the `#`, or do not know `amp;digits`: they show other codes than those that read on.
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

/** The name in lower case, and whether it came with what is left of `&amp;`. */
function readParameterName(text: string): [name: string, escaped: boolean] {
  const name = decodeName(text).toLowerCase();
  return name.startsWith('amp;') ? [name.slice('amp;'.length), true] : [name, false];
}

/** A `+` in a secret is a space, as in a form; `%2B` is a plus sign, which no secret has. In a number both are wrong. */
function decode(name: string, text: string, found: Violations): string | undefined {
  try {
    return decodeURIComponent(name === 'secret' ? text.replaceAll('+', '') : text);
  } catch {
    found.add('uri', `the parameter ${name} has a malformed percent escape`);
    return undefined;
  }
}
