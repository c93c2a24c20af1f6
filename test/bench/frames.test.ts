/** The HTTP/2 frames of the bench's callers, compared with the examples of the RFCs and with Node's HTTP/2. */
import { getPackedSettings } from 'node:http2';
import { expect, test } from 'vitest';
import { createFrameReader, FLAG, frame, headerBlock, SETTING, settings, TYPE, windowUpdate } from '../../bench/load/frames.ts';

const RESERVED = 0x80000000;

function readAll(chunks: readonly Buffer[]): [number, number, number, string][] {
  const seen: [number, number, number, string][] = [];
  const read = createFrameReader((type, flags, stream, bytes, start, end) => {
    seen.push([type, flags, stream, bytes.toString('latin1', start, end)]);
  });
  for (const chunk of chunks) read(chunk);
  return seen;
}

test('frames are read whole, from chunks of any size', () => {
  const frames = [frame(TYPE.headers, FLAG.endHeaders, 1, Buffer.from('head')), frame(TYPE.data, 0, 3, Buffer.alloc(0))];
  const bytes = Buffer.concat([...frames, frame(TYPE.data, FLAG.endStream, 65_537, Buffer.from('x'.repeat(300)))]);
  const whole = readAll([bytes]);
  expect(whole).toEqual([
    [TYPE.headers, FLAG.endHeaders, 1, 'head'],
    [TYPE.data, 0, 3, ''],
    [TYPE.data, FLAG.endStream, 65_537, 'x'.repeat(300)],
  ]);
  expect(readAll([...bytes].map((byte) => Buffer.of(byte)))).toEqual(whole);
  for (let at = 1; at < bytes.length; at += 1) expect(readAll([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
});

test('half a frame is not one', () => {
  expect(readAll([frame(TYPE.ping, 0, 0, Buffer.alloc(8)).subarray(0, 16)])).toEqual([]);
});

test('the reserved bit of a stream is no part of it', () => {
  const bytes = frame(TYPE.data, 0, 5, Buffer.alloc(0));
  bytes.writeUInt32BE(RESERVED + 5, 5);
  expect(readAll([bytes])).toEqual([[TYPE.data, 0, 5, '']]);
});

test("settings are packed as Node's HTTP/2 packs them", () => {
  const ours = settings(
    new Map([
      [SETTING.headerTableSize, 0],
      [SETTING.enablePush, 0],
      [SETTING.initialWindowSize, 70_000],
    ]),
  );
  const theirs = getPackedSettings({ headerTableSize: 0, enablePush: false, initialWindowSize: 70_000 });
  expect(ours.subarray(9)).toEqual(theirs);
});

test('a window update is four bytes of increment', () => {
  expect(windowUpdate(7, 0x01020304).toString('hex')).toBe('00000408000000000701020304');
});

test('a header is a literal that no table remembers (RFC 7541 C.2.3 with a new name)', () => {
  expect(headerBlock([['te', 'trailers']]).toString('hex')).toBe('0002746508747261696c657273');
});

test('a long value has its length in several bytes (RFC 7541 section 5.1)', () => {
  const value = 'v'.repeat(1337);
  // The example of the RFC, with a prefix of seven bits: 127 + 1210, which is 0x3a + 9 * 128 + 0x80.
  expect(
    headerBlock([['a', value]])
      .subarray(0, 6)
      .toString('hex'),
  ).toBe('0001617fba09');
  expect(
    headerBlock([['a', 'v'.repeat(127)]])
      .subarray(3, 5)
      .toString('hex'),
  ).toBe('7f00');
  expect(
    headerBlock([['a', 'v'.repeat(126)]])
      .subarray(3, 5)
      .toString('hex'),
  ).toBe('7e76');
});
