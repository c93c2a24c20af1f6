/** Every bad input with its exact code, reason and field violations, and no part of the request in the answer. */
import { type DescMethod, fromJson, type JsonValue } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { AdminService } from '../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import type { WatchTokenRequest } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { type Details, methods as otp } from '../support/client.ts';
import { openWatch } from '../support/watch.ts';
import { wireForAll } from '../support/wire.ts';
import table from '../vectors/bad-requests.json' with { type: 'json' };

const wire = wireForAll();
const methods = { ...otp, ...AdminService.method };

type MethodName = keyof typeof methods;

async function send(name: MethodName, json: JsonValue): Promise<{ code: string; details: Details }> {
  const method: DescMethod = methods[name];
  const request = fromJson(method.input, json);
  if (name === 'watchToken') return openWatch(wire.client, wire.server.apiKey, request as WatchTokenRequest).ended;
  return wire.client.call(method, request);
}

describe('every bad field is named, all of them at once', () => {
  test.each(table.requests)('$method: $name', async ({ method, request, violations }) => {
    const { code, details } = await send(method as MethodName, request as JsonValue);
    expect({ code, reason: details.errorInfo?.reason, violations: details.violations }).toEqual({
      code: table.code,
      reason: table.reason,
      violations,
    });
    expect(details.violations.join('')).toMatch(/^[\x20-\x7e]+$/);
  });

  test.each(table.requests.filter(({ method }) => method !== 'watchToken'))(
    '$method: $name, by name in the message',
    async ({ method, request, violations }) => {
      const descriptor: DescMethod = methods[method as MethodName];
      const { message, details } = await wire.client.call(descriptor, fromJson(descriptor.input, request as JsonValue));
      expect(message).toBe(details.inner?.message);
      for (const violation of violations.slice(0, 3)) expect(message).toContain(violation);
    },
  );

  test('each method with a field is in the table, and no case twice', () => {
    expect(new Set(table.requests.map(({ method }) => method))).toEqual(
      new Set(Object.entries<DescMethod>(methods).flatMap(([name, { input }]) => (input.fields.length > 0 ? [name] : []))),
    );
    expect(new Set(table.requests.map(({ method, name }) => `${method} ${name}`)).size).toBe(table.requests.length);
  });
});

describe('moments at the edges of what a Timestamp can say', () => {
  const key = { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } as const;
  const at = (seconds: bigint, nanos: number) =>
    wire.client.call(methods.token, { key, at: { seconds, nanos }, pastSteps: 2, futureSteps: 2 });

  test.each([
    ['nanoseconds below zero', 0n, -1],
    ['a whole second of nanoseconds', 0n, 1_000_000_000],
    ['a nanosecond before the epoch', -1n, 999_999_999],
    ['the year 10000', 253_402_300_800n, 0],
    ['the largest number of seconds', 2n ** 63n - 1n, 0],
    ['the smallest number of seconds', -(2n ** 63n), 0],
  ])('%s is refused', async (_, seconds, nanos) => {
    const { code, details } = await at(seconds, nanos);
    expect(code).toBe('INVALID_ARGUMENT');
    expect(details.badRequest?.fieldViolations.map(({ field }) => field)).toEqual(['at']);
  });

  test('the epoch has no earlier codes', async () => {
    const { response } = await at(0n, 0);
    expect(response?.token?.step).toBe(0n);
    expect(response?.neighbours.map(({ offsetSteps }) => offsetSteps)).toEqual([1, 2]);
  });

  test('the last nanosecond of a step is still in it', async () => {
    const { response } = await at(29n, 999_999_999);
    expect(response?.token).toMatchObject({ step: 0n, remainingSeconds: 1 });
  });

  test('the last second of the year 9999 has an answer that JSON can say', async () => {
    const { response } = await at(253_402_300_799n, 999_999_999);
    expect(response?.neighbours.map(({ offsetSteps }) => offsetSteps)).toEqual([-2, -1]);
    expect(response?.token?.expireTime?.seconds).toBe(253_402_300_799n);
  });
});
