/** The configuration: its defaults, where a setting comes from, and every mistake at once, each under its own name. */
import { describe, expect, test } from 'vitest';
import { type Environment, type Flags, loadConfig } from '../src/config/config.ts';
import { isLoopback } from '../src/config/listen-address.ts';
import { InvalidInputError } from '../src/otp/error.ts';

/** The names under which mistakes are told. */
function mistakes(flags: Flags, env: Environment = {}): string[] {
  return violations(flags, env).map(({ field }) => field);
}

function violations(flags: Flags, env: Environment = {}): InvalidInputError['violations'] {
  try {
    loadConfig(flags, env);
  } catch (error) {
    if (error instanceof InvalidInputError) return error.violations;
    throw error;
  }
  return [];
}

describe('listening beyond loopback without TLS', () => {
  test.each(['0.0.0.0:1', '[::]:1', '192.168.0.1:1', '10.0.0.1:1', 'otp.example.com:1', '[2001:db8::1]:1'])(
    'on %s needs --insecure',
    (listen) => {
      expect(mistakes({ listen })).toEqual(['--listen']);
      expect(mistakes({ listen, insecure: true })).toEqual([]);
      expect(mistakes({}, { OTPD_LISTEN: listen, OTPD_INSECURE: 'yes' })).toEqual([]);
      expect(mistakes({ listen }, { OTPD_INSECURE: 'no' })).toEqual(['--listen']);
      expect(mistakes({ listen, tlsCert: 'package.json', tlsKey: 'package.json' })).toEqual([]);
    },
  );

  test.each(['127.0.0.1:1', '127.1.2.3:1', '[::1]:1', 'localhost:1'])('on %s it is no matter', (listen) => {
    expect(mistakes({ listen })).toEqual([]);
  });

  test('a name that only begins like loopback is not', () => {
    expect(['127.0.0.1.example.com', 'localhost.example.com', '127.example.com', '::ffff:10.0.0.1'].filter(isLoopback)).toEqual(
      [],
    );
  });
});

test('every mistake is listed at once, under the flag or the variable that it came from', () => {
  const flags = { listen: 'nowhere', logLevel: 'loud', tlsKey: '/no/such/file', plans: '/no/such/plans' };
  const env = { OTPD_SHUTDOWN_GRACE: '1h', OTPD_INSECURE: 'maybe', OTPD_TLS_CLIENT_CA: '/no/such/ca', OTPD_LOG_LEVEL: 'info' };
  expect(mistakes(flags, env).toSorted()).toEqual(
    [
      '--listen',
      '--log-level',
      '--tls-key',
      '--plans',
      'OTPD_SHUTDOWN_GRACE',
      'OTPD_INSECURE',
      'OTPD_TLS_CLIENT_CA',
      '--tls-cert',
      '--tls-client-ca',
    ].toSorted(),
  );
});

test.each([
  '',
  ':50051',
  '127.0.0.1',
  '127.0.0.1:',
  '127.0.0.1:65536',
  '127.0.0.1:-1',
  '::1:50051',
  '[::1]',
  'a b:1x',
  'http://a:1',
])('the address %j is refused', (listen) => {
  expect(mistakes({ listen, insecure: true })).toEqual(['--listen']);
});

test.each(['-1', '301', 'ten', '', ' ', '1e2', '0x10', 'NaN', 'Infinity'])('the grace %j is refused', (shutdownGrace) => {
  expect(mistakes({ shutdownGrace })).toEqual(['--shutdown-grace']);
});

test('a mistake never shows the value: it may be a password', () => {
  const shown = violations(
    { listen: 'canary', redisUrl: 'http://user:canary@host', tlsCert: '/canary' },
    { OTPD_LOG_LEVEL: 'canary' },
  );
  expect(shown.length).toBeGreaterThan(3);
  expect(JSON.stringify(shown)).not.toContain('canary');
});

test('the defaults are safe: loopback alone, reflection on, ten seconds of grace', () => {
  expect(loadConfig({}, {})).toMatchObject({
    listen: { host: '127.0.0.1', port: 50_051 },
    tls: undefined,
    insecure: false,
    reflection: true,
    logLevel: 'info',
    shutdownGraceMs: 10_000,
  });
});

test('a flag goes before its variable, an empty variable is none, and the result is frozen', () => {
  const config = loadConfig(
    { listen: '127.0.0.1:2', shutdownGrace: '0.5' },
    { OTPD_LISTEN: '127.0.0.1:3', OTPD_LOG_LEVEL: '', OTPD_NO_REFLECTION: '1' },
  );
  expect(config).toMatchObject({ listen: { port: 2 }, logLevel: 'info', reflection: false, shutdownGraceMs: 500 });
  expect(Object.isFrozen(config)).toBe(true);
});

test.each(['0', '1000001', '-1', '2.5', '', ' 2', '1e3', 'all'])('%j is no number of connections', (maxConnections) => {
  expect(mistakes({ maxConnections })).toEqual(['--max-connections']);
});

test.each(['01', '1e1', '0x1', '+1', '1.0', 'Infinity', 'NaN'])('a number is not written %j', (text) => {
  expect(mistakes({ maxConnections: text, workers: text, redisWait: text })).toEqual([
    '--max-connections',
    '--workers',
    '--redis-wait',
  ]);
});

test('there may be 1 to 1,000,000 connections, and there are 5,000 by default', () => {
  const most = [undefined, '1', '99999', '100000', '999999', '1000000'].map(
    (OTPD_MAX_CONNECTIONS) => loadConfig({}, { OTPD_MAX_CONNECTIONS }).maxConnections,
  );
  expect(most).toEqual([5000, 1, 99_999, 100_000, 999_999, 1_000_000]);
});

test.each(['0', '65', '-1', '2.5', '', ' 2', '1e1', 'all'])('%j is no number of workers', (workers) => {
  expect(mistakes({ workers })).toEqual(['--workers']);
});

test('there may be 1 to 64 workers, and there is one by default', () => {
  const workers = [undefined, '1', '9', '10', '59', '60', '64'].map((OTPD_WORKERS) => loadConfig({}, { OTPD_WORKERS }).workers);
  expect(workers).toEqual([1, 1, 9, 10, 59, 60, 64]);
});
