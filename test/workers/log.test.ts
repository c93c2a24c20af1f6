/** The log of a worker: it shares a pipe with other workers, so it is written in pieces that stay whole. */
import { expect, test } from 'vitest';
import { Code } from '../../gen/ts/google/rpc/code_pb.ts';
import { logCall } from '../../src/observability/call-log.ts';
import { createLog } from '../../src/observability/log.ts';
import type { Call } from '../../src/rpc/call.ts';

/** PIPE_BUF on Linux (pipe(7)). */
const WHOLE = 4096;

function line(size: number, mark: number): string {
  return `${JSON.stringify({ mark }).padEnd(size - 1, ' ')}\n`;
}

test('lines that waited are written whole, in as few pieces as a pipe keeps together', () => {
  const written: string[] = [];
  const { calls, flush } = createLog('info', { write: (text) => void written.push(text) }, 1);
  const lines = [...Array<number>(40).fill(250), 4096, 5000, 20, 100, 4000, 97].map((size, mark) => line(size, mark));
  for (const one of lines) calls?.soon(one);
  flush();
  expect(written.join('')).toBe(lines.join(''));
  expect(written.every((piece) => piece.endsWith('\n'))).toBe(true);
  expect(written.filter((piece) => piece.length > WHOLE)).toEqual([lines[41]]);
  expect(written).toHaveLength(8);
});

test('one process writes all that waited at once', () => {
  const written: string[] = [];
  const { calls, flush } = createLog('info', { write: (text) => void written.push(text) });
  for (let mark = 0; mark < 40; mark += 1) calls?.soon(line(250, mark));
  flush();
  expect(written).toHaveLength(1);
});

test.each([
  [undefined, undefined],
  [7, 7],
])('with the number %s, each line says %s', (worker, said) => {
  const written: string[] = [];
  const log = createLog('info', { write: (text) => void written.push(text) }, worker);
  const call = { procedure: '/otp.v1.OtpService/Token', peer: '127.0.0.1:1', requestId: 'r', startedAt: 0 } as Call;
  logCall(log, call, Code.OK);
  log.logger.info('hello');
  const lines = written
    .join('')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text));
  expect(lines.map((one) => [one.msg, one.worker])).toEqual([
    ['call', said],
    ['hello', said],
  ]);
});
