/** Asserts the properties of every error of the service. */
import type { status as codes } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { expect } from 'vitest';
import type { Details } from './client.ts';

/** An error from any of the clients. */
interface Failed {
  readonly code: string | undefined;
  readonly message: string;
  readonly details: Details;
  /** The metadata of a Trailers-Only answer. */
  readonly trailers: Readonly<Record<string, unknown>>;
}

/** Asserts that the details agree with the status, that the reason is `reason`, and that the request id is that of the metadata. */
export function expectError({ code, message, details, trailers }: Failed, wanted: keyof typeof codes, reason: string): void {
  expect({ code, reason: details.errorInfo?.reason }).toEqual({ code: wanted, reason: `ERROR_REASON_${reason}` });
  expect(details.inner).toEqual({ code: status[wanted], message });
  expect(details.errorInfo?.domain).toBe('otp.v1');
  expect(message).toMatch(/^[\x20-\x7e]{20,}$/);
  // Each placeholder of the message was replaced.
  expect(message).not.toMatch(/\{(?:scope|sealing_key|limit)\}| {2}| ,/);
  expect(details.requestInfo?.requestId).toMatch(/^.{1,128}$/);
  expect(trailers['x-request-id']).toBe(details.requestInfo?.requestId);
}
