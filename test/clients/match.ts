/** Compares the output of a runner with the expectations of a case, without the values that differ from run to run. */
import { isDeepStrictEqual } from 'node:util';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Returns the differences of `actual`, each as a line; empty if it contains everything expected. `$after` refers to `root`. */
export function differences(expected: Json, actual: Json | undefined, root: Json | undefined, path = ''): string[] {
  const wrong = (what: string) => [`${path || 'line'}: expected ${what}, got ${JSON.stringify(actual)}`];
  if (actual === undefined) return wrong('a value');
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return wrong(`${expected.length} elements`);
    return expected.flatMap((element, index) => differences(element, actual[index], root, `${path}.${index}`));
  }
  if (!isObject(expected)) return isDeepStrictEqual(expected, actual) ? [] : wrong(JSON.stringify(expected));
  if ('$any' in expected) return [];
  if ('$regex' in expected) {
    const pattern = String(expected['$regex']);
    return typeof actual === 'string' && new RegExp(pattern).test(actual) ? [] : wrong(`a match of ${pattern}`);
  }
  if ('$after' in expected) {
    const next = BigInt(String(at(root, String(expected['$after'])) ?? -1)) + 1n;
    return actual === String(next) ? [] : wrong(`"${next}"`);
  }
  if (!isObject(actual)) return wrong('an object');
  return Object.entries(expected).flatMap(([name, value]) => differences(value, actual[name], root, `${path}.${name}`));
}

/** Replaces the values of the named fields by their types, at any depth. */
export function steady(value: Json, volatile: ReadonlySet<string>): Json {
  if (Array.isArray(value)) return value.map((element) => steady(element, volatile));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, volatile.has(name) ? typeof inner : steady(inner, volatile)]),
  );
}

/** Returns the value at a path such as `messages.0.token`. */
function at(value: Json | undefined, path: string): Json | undefined {
  return path.split('.').reduce<Json | undefined>((inner, name) => {
    if (Array.isArray(inner)) return inner[Number(name)];
    return isObject(inner) ? inner[name] : undefined;
  }, value);
}

function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
