/** The parameters of a REST call, from wherever its API takes them: the query, a form, or a JSON object. Checked one by one, mistakes collected. */
import { Violations } from '../../otp/error.ts';
import type { Bounds } from '../../otp/params.ts';
import { bodyType, decode, parseObject } from './body.ts';
import { UnreadableRequest } from './failure.ts';
import type { RestRequest } from './rest-api.ts';

/** The places that an API takes parameters from. */
export type Source = 'query' | 'form' | 'json';

type Value = string | number;

/** Stands for bytes that are not UTF-8, also in a percent-encoding. */
const REPLACEMENT = '\uFFFD';
const DECIMAL = /^\d{1,9}$/;

/** Parameters by name. None is checked before it is asked for: those that an API does not know may be anything. */
export class Parameters {
  readonly #given = new Map<string, unknown[]>();
  readonly #mistakes = new Violations();

  /** Takes a parameter; null stands for none. */
  add(name: string, value: unknown): void {
    if (value === null) return;
    const others = this.#given.get(name);
    if (others === undefined) this.#given.set(name, [value]);
    else others.push(value);
  }

  /** The one value, undefined if there is none, or an empty text. Of several none is believed. */
  #take(name: string): Value | undefined {
    const [value, ...others] = this.#given.get(name) ?? [];
    if (value === undefined || (value === '' && others.length === 0)) return undefined;
    if (others.length > 0) this.#mistakes.add(name, 'is given more than once');
    else if (typeof value !== 'string' && typeof value !== 'number') this.#mistakes.add(name, 'must be text or a number');
    else if (typeof value === 'string' && value.includes(REPLACEMENT)) this.#mistakes.add(name, 'must be text in UTF-8');
    else return value;
    return undefined;
  }

  /** A text; undefined if there is none, or an empty one. */
  text(name: string): string | undefined {
    const value = this.#take(name);
    if (typeof value === 'number') this.#mistakes.add(name, 'must be text');
    return typeof value === 'string' ? value : undefined;
  }

  /** A text that must be there. */
  requiredText(name: string, hint: string): string {
    const text = this.text(name);
    if (text === undefined && !this.#mistakes.has(name)) this.#mistakes.add(name, `is required: ${hint}`);
    return text ?? '';
  }

  /** A whole number within the bounds, as a number or in digits; undefined if there is none, or an empty text. */
  wholeNumber(name: string, { min, max }: Bounds): number | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && !DECIMAL.test(value) ? Number.NaN : Number(value);
    if (Number.isInteger(number) && number >= min && number <= max) return number;
    this.#mistakes.add(name, `must be a whole number from ${min} to ${max}`);
    return undefined;
  }

  /** A choice among texts and numbers; undefined if nothing is chosen. */
  choice<T extends Value>(name: string, choices: readonly T[]): T | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    const chosen = choices.find((choice) => String(choice) === String(value));
    if (chosen === undefined) this.#mistakes.add(name, `must be ${choices.join(' or ')}`);
    return chosen;
  }

  /** A choice that must be made. */
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
 * Reads the parameters of a request from these sources. Throws `UnreadableRequest`: 415 for a body of another type, 400 for a body that cannot
 * be read.
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
