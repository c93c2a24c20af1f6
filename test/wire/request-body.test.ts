/** The message of a request in chunks of any size. */
import { describe, expect, test, vi } from 'vitest';
import { frameMessage, RequestBody } from '../../src/grpc/fast-path/request-body.ts';
import { grpcTimeout } from '../../src/rpc/timeout.ts';
import { frame } from '../support/raw.ts';

const MOST = 1000;
const MESSAGE = Buffer.from(Array.from({ length: 300 }, (_, i) => i % 251));

/** Returns the progress after each chunk, and the message if the last chunk completed it. */
function read(...pieces: Uint8Array[]): { progress: string[]; message?: Buffer } {
  const body = new RequestBody(MOST);
  const progress = pieces.map((piece) => body.take(Buffer.from(piece)));
  return progress.at(-1) === 'whole' ? { progress, message: body.message } : { progress };
}

describe('a message', () => {
  test('in one piece', () => {
    expect(read(frame(MESSAGE))).toEqual({ progress: ['whole'], message: MESSAGE });
  });

  test('in any two pieces', () => {
    const framed = frame(MESSAGE);
    for (let at = 1; at < framed.length; at++) {
      expect(read(framed.subarray(0, at), framed.subarray(at))).toEqual({ progress: ['partial', 'whole'], message: MESSAGE });
    }
  });

  test('byte by byte', () => {
    const { progress, message } = read(...Array.from(frame(MESSAGE), (byte) => Uint8Array.of(byte)));
    expect(message).toEqual(MESSAGE);
    expect(new Set(progress.slice(0, -1))).toEqual(new Set(['partial']));
  });

  test('byte by byte is copied as often as its length doubles, and not with each byte', () => {
    const copies = vi.spyOn(Buffer, 'concat');
    read(...Array.from(frame(MESSAGE), (byte) => Uint8Array.of(byte)));
    expect(copies.mock.calls.length).toBeLessThan(12);
    copies.mockRestore();
  });

  test('of no bytes', () => {
    expect(read(frame(Buffer.alloc(0)))).toEqual({ progress: ['whole'], message: Buffer.alloc(0) });
  });

  test('of as many bytes as may be, and of one more', () => {
    expect(read(frame(Buffer.alloc(MOST))).progress).toEqual(['whole']);
    expect(read(frame(Buffer.alloc(MOST + 1))).progress).toEqual(['too large']);
  });

  test('that declares a length beyond the bound, before it arrives', () => {
    expect(read(Uint8Array.of(0, 0xff, 0xff, 0xff), Uint8Array.of(0xff)).progress).toEqual(['partial', 'too large']);
  });

  test('with anything behind it', () => {
    expect(read(frame(MESSAGE), Uint8Array.of(0)).progress).toEqual(['whole', 'too many']);
    expect(read(Buffer.concat([frame(MESSAGE), frame(MESSAGE)])).progress).toEqual(['too many']);
  });

  test('does not write into the pieces, which are parts of what others were sent', () => {
    const shared = Buffer.concat([frame(MESSAGE).subarray(0, 9), Buffer.alloc(400, 0x55)]);
    const body = new RequestBody(MOST);
    body.take(shared.subarray(0, 9));
    body.take(frame(MESSAGE).subarray(9));
    expect(shared.subarray(9)).toEqual(Buffer.alloc(400, 0x55));
    expect(body.message).toEqual(MESSAGE);
  });
});

test('a framed message is one that is read', () => {
  expect(frameMessage(MESSAGE)).toEqual(frame(MESSAGE));
});

test.each([
  ['1H', 3_600_000],
  ['2M', 120_000],
  ['3S', 3000],
  ['00000020m', 20],
  ['5000u', 5],
  ['0n', 0],
  ['99999999H', 359_999_996_400_000],
  ['', Number.NaN],
  ['S', Number.NaN],
  ['1', Number.NaN],
  ['1s', Number.NaN],
  ['-1S', Number.NaN],
  ['1.5S', Number.NaN],
  ['1 S', Number.NaN],
  ['123456789S', Number.NaN],
  ['1S1', Number.NaN],
])('a grpc-timeout of %j is %s ms', (text, ms) => {
  expect(grpcTimeout(text)).toBe(ms);
});
