/** The parsers of the bench: /proc, h2load, the log of the product, and answers. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { failuresIn } from '../../bench/call-log.ts';
import { checkSummary, parseLog, parseSummary } from '../../bench/h2load.ts';
import { isRight, statusOf } from '../../bench/load/answers.ts';
import { hotp } from '../../bench/load/bodies.ts';
import { grpcFrame } from '../../bench/load/grpc-frame.ts';
import { scriptCalls } from '../../bench/redis-process.ts';
import { cpuTicks, residentKiB } from '../../bench/server-process.ts';
import { BatchVerifyResponseSchema, VerifyResponseSchema, VerifyStatus } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import rfc4226 from '../vectors/rfc4226.json' with { type: 'json' };

const SUMMARY = `finished in 1.00s, 2000.50 req/s, 1.00MB/s
requests: 2032 total, 2032 started, 2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 2000 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 200.00KB (204800) total, 50.00KB (51200) headers (space savings 10.00%), 150.00KB (150000) data`;
const ORDER = { connections: 8, streams: 4, answerBytes: [73, 76], until: { seconds: 1 } } as unknown as Parameters<
  typeof checkSummary
>[1];

test('CPU time is user and system time, for any name of the process', () => {
  const fields = '1 1 1 0 -1 4194560 9000 0 0 0 700 55 0 0 20 0 11 0';
  expect(cpuTicks(`4242 (node) R ${fields}`)).toBe(755);
  expect(cpuTicks(`4242 (a) b (c) S ${fields}`)).toBe(755);
});

test('resident memory is VmRSS', () => {
  expect(residentKiB('VmPeak:\t  999 kB\nVmRSS:\t   81234 kB\nRssAnon:\t 5 kB\n')).toBe(81_234);
});

test("h2load's summary is read", () => {
  expect(parseSummary(SUMMARY)).toEqual({ perSecond: 2000.5, done: 2000, bad: 0, dataBytes: 150_000 });
  expect(parseSummary(SUMMARY.replace('0 errored', '3 errored').replace('0 5xx', '2 5xx')).bad).toBe(5);
  expect(() => parseSummary('warm-up started')).toThrow('something unknown');
});

test('an answer without data is an error that h2load does not see', () => {
  const of =
    (dataBytes: number, bad = 0, done = 2000) =>
    () =>
      checkSummary({ perSecond: 1, done, bad, dataBytes }, ORDER);
  expect(of(2000 * 73)).not.toThrow();
  expect(of(2032 * 76)).not.toThrow();
  expect(of(2000 * 73 - 1)).toThrow('some were errors');
  expect(of(2032 * 76 + 1)).toThrow('some were errors');
  expect(of(2000 * 73, 1)).toThrow('1 calls failed');
  // The time was too short, so the load is measured for a longer time.
  expect(of(0, 0, 0)).not.toThrow();
});

test('a run with a number of calls leaves none in progress', () => {
  const counted = { ...ORDER, until: { calls: 2000 } };
  const of =
    (dataBytes: number, done = 2000) =>
    () =>
      checkSummary({ perSecond: 1, done, bad: 0, dataBytes }, counted);
  expect(of(2000 * 76)).not.toThrow();
  expect(of(2000 * 76 + 1)).toThrow('some were errors');
  expect(of(1999 * 76, 1999)).toThrow('1999 of 2000 calls');
  expect(of(0, 0)).toThrow('0 of 2000 calls');
});

test("h2load's log has the latency last", () => {
  expect([...parseLog('1600000000000000\t200\t1234\n1600000000000100\t200\t56\n')]).toEqual([1234, 56]);
});

test('failures are counted by what they are', () => {
  const call = (code: string) => JSON.stringify({ level: 30, code, msg: 'call' });
  const other = (level: number) => JSON.stringify({ level, msg: 'contained' });
  const lines = [
    call('OK'),
    call('INTERNAL'),
    call('CANCELLED'),
    call('UNAUTHENTICATED'),
    call('OK'),
    other(30),
    other(50),
    'a note',
  ];
  expect(failuresIn(lines.join('\n'))).toEqual({ failed: 1, refused: 1, left: 1, faults: 1 });
});

test.each(rfc4226.values.map(({ counter, code }) => [counter, code] as const))(
  'the code by the book at %d is that of RFC 4226',
  (counter, code) => {
    expect(hotp(Buffer.from('12345678901234567890'), counter)).toBe(code);
  },
);

test('an answer is right with the status that is due and the trailers of a success, and only then', () => {
  const [good, trailers] = [VerifyStatus.ACCEPTED, Buffer.from('ok')];
  const message = (status: VerifyStatus, valid = status === good) =>
    grpcFrame(toBinary(VerifyResponseSchema, create(VerifyResponseSchema, { status, valid, attemptsRemaining: 4 })));
  const right = (code: 'right' | 'wrong', ending: Parameters<typeof isRight>[0]) => isRight(ending, { code, items: 1, trailers });
  expect(right('right', { message: message(good), trailers: Buffer.from('ok') })).toBe(true);
  expect(right('wrong', { message: message(VerifyStatus.MISMATCH), trailers })).toBe(true);
  expect(right('right', { message: message(VerifyStatus.MISMATCH), trailers })).toBe(false);
  expect(right('wrong', { message: message(VerifyStatus.THROTTLED), trailers })).toBe(false);
  expect(right('right', { message: message(good), trailers: Buffer.from('no') })).toBe(false);
  expect(right('right', { message: message(good), trailers: undefined })).toBe(false);
  expect(right('right', { message: undefined, trailers })).toBe(false);
  expect(statusOf(message(good).subarray(0, -1))).toBeUndefined();
});

test('an answer to a batch is right only if it has as many results, each with the status that is due', () => {
  const trailers = Buffer.from('ok');
  const result = (status: VerifyStatus) => ({ result: { case: 'response' as const, value: { status, attemptsRemaining: 4 } } });
  const message = (results: MessageInitShape<typeof BatchVerifyResponseSchema>['results']) =>
    grpcFrame(toBinary(BatchVerifyResponseSchema, create(BatchVerifyResponseSchema, { results: results ?? [] })));
  const wrong = Array.from({ length: 100 }, () => result(VerifyStatus.MISMATCH));
  const right = (results: MessageInitShape<typeof BatchVerifyResponseSchema>['results']) =>
    isRight({ message: message(results), trailers }, { code: 'wrong', items: 100, trailers });
  expect(right(wrong)).toBe(true);
  expect(right(wrong.slice(1))).toBe(false);
  expect(right(wrong.with(99, result(VerifyStatus.THROTTLED)))).toBe(false);
  expect(right(wrong.with(0, { result: { case: 'error' as const, value: { message: 'x'.repeat(300) } } } as never))).toBe(false);
});

test('round trips to Redis are the scripts that a caller ran, not what runs in them', () => {
  const info = [
    '$412',
    '# Commandstats',
    'cmdstat_hget:calls=1500,usec=900,usec_per_call=0.60,rejected_calls=0,failed_calls=0',
    'cmdstat_evalsha:calls=1002,usec=40123,usec_per_call=40.04,rejected_calls=0,failed_calls=2',
    'cmdstat_eval:calls=2,usec=310,usec_per_call=155.00,rejected_calls=0,failed_calls=0',
    'cmdstat_evalsha_ro:calls=7,usec=70,usec_per_call=10.00,rejected_calls=0,failed_calls=0',
    'cmdstat_info:calls=1,usec=60,usec_per_call=60.00,rejected_calls=0,failed_calls=0',
    '+OK',
  ];
  expect(scriptCalls(info.join('\r\n'))).toBe(1011);
  expect(scriptCalls('# Commandstats\r\n')).toBe(0);
});
