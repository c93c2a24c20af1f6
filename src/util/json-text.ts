/** JSON without duplicate members. */

const STRING = /"(?:[^"\\]|\\.)*"/g;

/**
 * Parses a text. Throws `SyntaxError`, whose message may quote the text. A duplicate member is an error too: another program on the request's way may use the
 * other value (RFC 8259 section 4), while `JSON.parse` uses the last.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (hasMemberTwice(text, value)) throw new SyntaxError('a member is given twice');
  return value;
}

/** Whether an object of the text has a member twice; `value` is the result of `JSON.parse` for the text. */
export function hasMemberTwice(text: string, value: unknown): boolean {
  // Outside of strings, a colon follows the name of each member.
  return membersIn(value) !== text.replace(STRING, '').split(':').length - 1;
}

/** The number of members of all objects in a value. Not recursive, since a value may be as deep as a body is long. */
function membersIn(value: unknown): number {
  let count = 0;
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== 'object' || next === null) continue;
    const inner = Object.values(next);
    if (!Array.isArray(next)) count += inner.length;
    for (const one of inner) left.push(one);
  }
  return count;
}
