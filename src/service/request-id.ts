/** The request id of a request, which makes a retry safe (AIP-155). */
import type { Violations } from '../otp/error.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Reads the id, in lower case; undefined if it is empty, so that retries are not recognised. Notes a violation for a text that is not a UUID. */
export function readRequestId(requestId: string, violations: Violations): string | undefined {
  if (requestId === '') return undefined;
  if (UUID.test(requestId)) return requestId.toLowerCase();
  violations.add('request_id', 'not a UUID: use the form 01234567-89ab-4cde-8f01-23456789abcd, or leave it unset');
  return undefined;
}
