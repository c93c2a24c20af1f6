/** `otpd watch`: codes when their steps begin, broken streams, and the restored terminal. */
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { WatchTokenResponseSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { sent, startDouble, type WatchAnswer } from '../support/double.ts';
import { otpd } from './harness.ts';
import { startReal } from './real.ts';

const SECRET = 'JBSWY3DPEHPK3PXP';
const CLEAR_LINE = '\r\x1b[2K';

/** Watches until `until` codes are printed, or for half a second. */
async function watch(answers: readonly WatchAnswer[], options: { args?: string[]; tty?: boolean; until?: string } = {}) {
  const { args = [], tty = false, until } = options;
  await using server = await startDouble({ watch: answers });
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 20_000);
  let seen = '';
  const outcome = await otpd(['watch', SECRET, ...args], {
    env: { OTPD_ADDRESS: server.address, OTPD_API_KEY: 'any', NO_COLOR: '1' },
    tty,
    signal: stop.signal,
    onOutput: (text) => {
      seen += text;
      if (until !== undefined && seen.includes(until)) stop.abort();
    },
  });
  clearTimeout(timer);
  return { ...outcome, opened: server.opened() };
}

/** Returns the code of a step, with this many ms left. */
function response(step: number, leftMs = 30_000) {
  const token = {
    code: String(100_000 + step),
    step: BigInt(step),
    periodSeconds: 30,
    serverTime: timestampFromMs(step * 30_000 + 30_000 - leftMs),
    expireTime: timestampFromMs(step * 30_000 + 30_000),
  };
  return create(WatchTokenResponseSchema, { token });
}

const codes =
  (...steps: number[]): WatchAnswer =>
  (stream) => {
    for (const step of steps) stream.write(response(step));
  };

const codesThen =
  (end: WatchAnswer, ...steps: number[]): WatchAnswer =>
  (stream) => {
    codes(...steps)(stream);
    setTimeout(() => end(stream), 20);
  };

const fail = (code: number, message: string) => (stream: Parameters<WatchAnswer>[0]) =>
  void stream.emit('error', sent({ code, message }));

describe.concurrent('a stream that breaks', () => {
  it('is opened again, which is said, and a code is not printed twice', async () => {
    const answers = [codesThen(fail(14, 'going away'), 1, 2), codes(2, 3)];
    const { code, out, err, opened } = await watch(answers, { until: '100003' });
    expect({ code, opened }).toEqual({ code: 0, opened: 2 });
    expect(out.match(/^\d+/gm)).toEqual(['100001', '100002', '100003']);
    expect(err).toBe('the connection broke: connecting again in 1 s\n');
  });

  it('is opened again if the server just ends it', async () => {
    const { code, opened } = await watch([codesThen((stream) => stream.end(), 1), codes(2)], { until: '100002' });
    expect({ code, opened }).toEqual({ code: 0, opened: 2 });
  });

  it('is opened again if the next code is overdue', async () => {
    const silent: WatchAnswer = (stream) => void stream.write(response(1, 100));
    const { code, opened } = await watch([silent, codes(2)], { args: ['--timeout', '2'], until: '100002' });
    expect({ code, opened }).toEqual({ code: 0, opened: 2 });
  });

  it.each([
    ['an error that waiting does not heal', [codesThen(fail(16, 'the key is gone'), 1)], 'error: the key is gone'],
    ['an error at once', [fail(14, 'never began')], 'the connection to otpd at'],
    ['an end at once', [(stream: Parameters<WatchAnswer>[0]) => stream.end()], 'the server ended the stream without a code'],
  ])('ends the watch for %s', async (_, answers, complaint) => {
    const { code, err, opened } = await watch(answers);
    expect({ code, opened }).toEqual({ code: 2, opened: 1 });
    expect(err).toContain(complaint);
  });
});

describe.concurrent('on a terminal', () => {
  it('redraws a line in place, counts down, and restores the terminal', async () => {
    const halfOver: WatchAnswer = (stream) => void stream.write(response(1, 15_100));
    const { code, out } = await watch([halfOver], { tty: true, until: ' 15 s' });
    expect(code).toBe(0);
    expect(out.startsWith('\x1b[?25l')).toBe(true);
    expect(out).toContain(`${CLEAR_LINE}100 001  ${'█'.repeat(11)}${'░'.repeat(9)} 16 s`);
    expect(out).not.toContain('\n');
    expect(out.endsWith(`${CLEAR_LINE}\x1b[?25h`)).toBe(true);
  });

  it('restores the terminal after an error as well', async () => {
    const { code, out, err } = await watch([codesThen(fail(16, 'the key is gone'), 1)], { tty: true });
    expect({ code, end: out.endsWith(`${CLEAR_LINE}\x1b[?25h`) }).toEqual({ code: 2, end: true });
    expect(err).toBe('error: the key is gone\n');
  });

  it('hides the code while there is no connection', async () => {
    const { out } = await watch([codesThen(fail(14, 'away'), 1), codes(2)], { tty: true, until: '100 002' });
    expect(out).toContain(` 30 s${CLEAR_LINE}${CLEAR_LINE}100 002`);
  });
});

describe('in a pipe', () => {
  it('prints a line a code, with its end', async () => {
    expect((await watch([codes(1)], { until: '100001' })).out).toBe('100001  until 1970-01-01T00:01:00Z\n');
  });

  it('prints a line of JSON a code with --json', async () => {
    const { out } = await watch([codes(1, 2)], { args: ['--json'], until: '100002' });
    const steps = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).token.step);
    expect(steps).toEqual(['1', '2']);
  });
});

describe.concurrent('with the real service', () => {
  it('shows the next code as its step begins', async () => {
    await using server = await startReal();
    const stop = new AbortController();
    const lines: string[] = [];
    const { code, err } = await otpd(['watch', '-', '--period', '1'], {
      env: server.env,
      stdin: SECRET,
      signal: stop.signal,
      onOutput: (text) => {
        lines.push(text);
        if (lines.length === 2) stop.abort();
      },
    });
    expect({ code, err, lines: lines.length }).toEqual({ code: 0, err: '', lines: 2 });
    expect(lines[1]).not.toBe(lines[0]);
  });

  it('refuses a HOTP', async () => {
    await using server = await startReal();
    const { code, err } = await otpd(['watch', `otpauth://hotp/a?secret=${SECRET}&counter=0`], { env: server.env });
    expect(code).toBe(2);
    expect(err).toContain('--type: must be TOTP');
  });
});
