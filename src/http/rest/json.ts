/** Answers in JSON, which all REST APIs give by default. */
import type { RestAnswer } from './rest-api.ts';

/** The value as compact JSON. */
export function json(status: number, value: unknown): RestAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
