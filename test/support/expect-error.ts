/** Asserts what holds for every error of ours, whatever went wrong and however it was called. */
import type { status as codes } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { expect } from 'vitest';
import type { Details } from './client.ts';

/** An error as any of the clients shows it. */
interface Failed {
  readonly code: string | undefined;
  readonly message: string;
  readonly details: Details;
  /** The metadata of a Trailers-Only answer. */
  readonly trailers: Readonly<Record<string, unknown>>;
}

/** The details agree with the status, the reason is the one given, and the request id is the one in the metadata. */
export function expectError({ code, message, details, trailers }: Failed, wanted: keyof typeof codes, reason: string): void {
  expect({ code, reason: details.errorInfo?.reason }).toEqual({ code: wanted, reason: `ERROR_REASON_${reason}` });
  expect(details.inner).toEqual({ code: status[wanted], message });
  expect(details.errorInfo?.domain).toBe('otp.v1');
  expect(message).toMatch(/^[\x20-\x7e]{20,}$/);
  expect(details.requestInfo?.requestId).toMatch(/^.{1,128}$/);
  expect(trailers['x-request-id']).toBe(details.requestInfo?.requestId);
}
