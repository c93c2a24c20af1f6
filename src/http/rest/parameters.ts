/**
 * The parameters of a REST call from every source that its API has: the query, a form, or a JSON object. They are checked one by one, and mistakes are
 * collected.
 */
import { Violations } from '../../otp/error.ts';
import type { Bounds } from '../../otp/params.ts';
import { bodyType, decode, parseObject } from './body.ts';
import { UnreadableRequest } from './failure.ts';
import type { RestRequest } from './rest-api.ts';

/** The sources of an API's parameters. */
export type Source = 'query' | 'form' | 'json';

type Value = string | number;

/** The replacement for bytes that are not UTF-8, also in a percent-encoding. */
const REPLACEMENT = '\uFFFD';
const DECIMAL = /^\d{1,9}$/;

/** Parameters by name. Each is checked when it is read; unknown parameters are ignored. */
export class Parameters {
  readonly #given = new Map<string, unknown[]>();
  readonly #mistakes = new Violations();

  /** Adds a parameter; null counts as absent. */
  add(name: string, value: unknown): void {
    if (value === null) return;
    const others = this.#given.get(name);
    if (others === undefined) this.#given.set(name, [value]);
    else others.push(value);
  }

  /** The value of a parameter; undefined if it is absent or empty. Several values are a mistake. `wanted` describes the value to send instead of one of another type. */
  #take(name: string, wanted: string): Value | undefined {
    const [value, ...others] = this.#given.get(name) ?? [];
    if (value === undefined || (value === '' && others.length === 0)) return undefined;
    if (others.length > 0) this.#mistakes.add(name, 'is given more than once');
    else if (typeof value !== 'string' && typeof value !== 'number') this.#mistakes.add(name, wanted);
    else if (typeof value === 'string' && value.includes(REPLACEMENT)) this.#mistakes.add(name, 'must be text in UTF-8');
    else return value;
    return undefined;
  }

  /** A text; undefined if it is absent or empty. */
  text(name: string): string | undefined {
    const wanted = 'must be text';
    const value = this.#take(name, wanted);
    if (typeof value === 'number') this.#mistakes.add(name, wanted);
    return typeof value === 'string' ? value : undefined;
  }

  /** A required text. */
  requiredText(name: string, hint: string): string {
    const text = this.text(name);
    if (text === undefined && !this.#mistakes.has(name)) this.#mistakes.add(name, `is required: ${hint}`);
    return text ?? '';
  }

  /** A whole number within the bounds, as a number or in digits; undefined if it is absent or empty. */
  wholeNumber(name: string, { min, max }: Bounds): number | undefined {
    const wanted = `must be a whole number from ${min} to ${max}`;
    const value = this.#take(name, wanted);
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && !DECIMAL.test(value) ? Number.NaN : Number(value);
    if (Number.isInteger(number) && number >= min && number <= max) return number;
    this.#mistakes.add(name, wanted);
    return undefined;
  }

  /** A choice among texts and numbers; undefined if it is absent. */
  choice<T extends Value>(name: string, choices: readonly T[]): T | undefined {
    const wanted = `must be ${choices.join(' or ')}`;
    const value = this.#take(name, wanted);
    if (value === undefined) return undefined;
    const chosen = choices.find((choice) => String(choice) === String(value));
    if (chosen === undefined) this.#mistakes.add(name, wanted);
    return chosen;
  }

  /** A required choice. */
  requiredChoice<T extends Value>(name: string, choices: readonly T[]): T | undefined {
    const chosen = this.choice(name, choices);
    if (chosen === undefined && !this.#mistakes.has(name)) this.#mistakes.add(name, `is required: ${choices.join(' or ')}`);
    return chosen;
  }

  /** Notes a mistake. */
  refuse(name: string, description: string): void {
    this.#mistakes.add(name, description);
  }

  /** Throws `InvalidInputError` with all mistakes. */
  throwIfAny(): void {
    this.#mistakes.throwIfAny();
  }
}

/**
 * Reads the parameters of a request from these sources. Throws `UnreadableRequest`: 415 for a body of another type, 400 for a body that cannot be parsed.
 */
export function readParameters(request: RestRequest, sources: readonly Source[]): Parameters {
  const parameters = new Parameters();
  if (sources.includes('query')) for (const [name, value] of request.query) parameters.add(name, value);
  if (request.body.length === 0 || !(sources.includes('form') || sources.includes('json'))) return parameters;
  const type = bodyType(request.header('content-type'));
  if (type === undefined || !sources.includes(type)) throw new UnreadableRequest(415, `the body must be ${namesOf(sources)}`);
  const text = decode(request.body);
  if (type === 'form') for (const [name, value] of new URLSearchParams(text)) parameters.add(name, value);
  else for (const [name, value] of Object.entries(parseObject(text))) parameters.add(name, value);
  return parameters;
}

function namesOf(sources: readonly Source[]): string {
  const names = { query: undefined, json: 'application/json', form: 'application/x-www-form-urlencoded' };
  return sources.flatMap((source) => names[source] ?? []).join(' or ');
}
