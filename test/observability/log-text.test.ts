/** The log for a person at a terminal. */
import { expect, it } from 'vitest';
import { createLog } from '../../src/observability/log.ts';
import { asText } from '../../src/observability/log-text.ts';

function written(use: (log: ReturnType<typeof createLog>) => void): string {
  const parts: string[] = [];
  const log = createLog('info', { write: (part) => void parts.push(part) }, undefined, 'text');
  use(log);
  log.flush();
  return parts.join('');
}

const CALL = {
  level: 30,
  time: '2027-01-31T10:42:07.123Z',
  transport: 'grpc',
  method: '/otp.v1.OtpService/Verify',
  code: 'OK',
  outcome: 'accepted',
  durationMs: 1.94,
  keyId: 'Nk28eNvISIy8',
  peer: '127.0.0.1',
  requestId: 'r-1',
  msg: 'call',
};

const textOf = (...lines: string[]): string => {
  const parts: string[] = [];
  asText({ write: (part) => parts.push(part) }).write(lines.join('\n'));
  return parts.join('').replaceAll(/^\d\d:\d\d:\d\d/gm, 'HH:MM:SS');
};

it('has the level, the message and its members on a line', () => {
  const text = written(({ logger }) => {
    logger.warn({ address: '127.0.0.1:50080', workers: 2 }, 'HTTP is not served');
    logger.debug('too much');
  });
  expect(text).toMatch(/^\d\d:\d\d:\d\d {2}warn {2}HTTP is not served {2}address=127\.0\.0\.1:50080 {2}workers=2\n$/);
});

it('has the method, the outcome, the time and the key of a call, and the request of one that failed', () => {
  const failed = { ...CALL, code: 'INVALID_ARGUMENT', reason: 'ERROR_REASON_INVALID_FIELDS', outcome: undefined };
  expect(textOf(JSON.stringify(CALL), JSON.stringify(failed))).toBe(
    [
      'HH:MM:SS  Verify        OK accepted       1.9 ms  Nk28eNvISIy8\n',
      'HH:MM:SS  Verify        INVALID_ARGUMENT INVALID_FIELDS  1.9 ms  Nk28eNvISIy8  request r-1\n',
    ].join(''),
  );
});

it('has the counts of a batch, and the ids of a trace', () => {
  const batch = { ...CALL, outcome: undefined, outcomes: { accepted: 2 }, traceId: 'abc' };
  expect(textOf(JSON.stringify(batch))).toBe(
    'HH:MM:SS  Verify        OK                1.9 ms  Nk28eNvISIy8  outcomes={"accepted":2}  traceId=abc\n',
  );
});

it('has an error by its name and its frames, without its message', () => {
  const text = written(({ logger }) => logger.error({ err: new TypeError('JBSWY3DPEHPK3PXP') }, 'a fault of otpd'));
  expect(text).toMatch(/^\S+ {2}error {2}a fault of otpd {2}TypeError\n {12}at .*log-text\.test\.ts/);
  expect(text).not.toContain('JBSWY3DPEHPK3PXP');
});

it('does not control the terminal, whatever a line contains', () => {
  expect(textOf(JSON.stringify({ ...CALL, level: 40, msg: 'a\x1b[2Jb', peer: undefined }), 'no JSON \x1b[2J')).not.toContain(
    '\x1b',
  );
});
