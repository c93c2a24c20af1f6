/** The configuration: its defaults, the source of each setting, and all mistakes at once, each under the name of its setting. */
import { describe, expect, test } from 'vitest';
import { type Environment, type Flags, loadConfig } from '../src/config/config.ts';
import { isLoopback } from '../src/config/listen-address.ts';
import { InvalidInputError } from '../src/otp/error.ts';

/** Returns the names in the mistakes. */
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

describe('the page', () => {
  test.each([
    [{}, true],
    [{ noPage: true }, false],
    [{ httpListen: 'off' }, false],
    [{ httpListen: 'off', page: true }, false],
    [{ httpListen: '[::1]:0' }, true],
    [{ httpListen: '0.0.0.0:1', insecure: true }, false],
    [{ httpListen: '0.0.0.0:1', insecure: true, page: true }, true],
  ])('with %j is served: %j', (flags, page) => {
    expect(loadConfig(flags, {}).page).toBe(page);
  });

  test('is not asked for and refused at once', () => {
    expect(mistakes({ page: true }, { OTPD_NO_PAGE: '1' })).toEqual(['--page']);
  });
});

test('all mistakes are listed at once, under their flag or variable', () => {
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

test.each(['59s', '31d', '0', '24', '24 h', '-1h', 'soon', ''])('the time of an enrolment %j is refused', (enrolmentTtl) => {
  expect(mistakes({ enrolmentTtl })).toEqual(['--enrolment-ttl']);
});

test.each([
  [{}, 86_400_000],
  [{ enrolmentTtl: '1m' }, 60_000],
  [{ enrolmentTtl: '30d' }, 2_592_000_000],
])('the time of an enrolment with %j is %d ms', (flags, ms) => {
  expect(loadConfig(flags, {}).enrolmentTtlMs).toBe(ms);
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

test('a flag takes precedence over its variable, an empty variable counts as unset, and the result is frozen', () => {
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

describe('trusted proxies', () => {
  const proxiesOf = (text: string) => loadConfig({}, { OTPD_TRUSTED_PROXIES: text }).trustedProxies;

  test('are none unless named', () => {
    expect(loadConfig({}, {}).trustedProxies).toEqual([]);
    expect(proxiesOf('')).toEqual([]);
  });

  test('are addresses and networks of both families, with white space between', () => {
    expect(proxiesOf(' 10.0.0.0/8,192.0.2.1 , 2001:DB8::/32, ::1')).toEqual([
      { family: 'ipv4', address: '10.0.0.0', prefix: 8 },
      { family: 'ipv4', address: '192.0.2.1', prefix: 32 },
      { family: 'ipv6', address: '2001:db8::', prefix: 32 },
      { family: 'ipv6', address: '::1', prefix: 128 },
    ]);
  });

  test.each([
    ['10.0.0.0/33', 'has no such prefix length'],
    ['10.0.0.0/08', 'has no such prefix length'],
    ['2001:db8::/129', 'has no such prefix length'],
    ['10.0.0.1/8', 'has bits beyond the first 8'],
    ['172.17.0.1/31', 'has bits beyond the first 31'],
    ['2001:db8::1/64', 'has bits beyond the first 64'],
    ['0.0.0.0/0', 'trusts everybody'],
    ['::/0', 'trusts everybody'],
    ['::ffff:10.0.0.0/104', 'is an IPv4 address mapped into IPv6: write it as IPv4'],
    ['nginx', 'is neither an address nor a CIDR'],
    ['10.0.0.0/', 'is neither an address nor a CIDR'],
    ['10.0.0.0/-1', 'is neither an address nor a CIDR'],
    ['10.0.0/8', 'is neither an address nor a CIDR'],
    ['10.0.0.0/255.0.0.0', 'is neither an address nor a CIDR'],
    ['[::1]', 'is neither an address nor a CIDR'],
    ['fe80::1%eth0', 'is neither an address nor a CIDR'],
    ['10.0.0.1:443', 'is neither an address nor a CIDR'],
    ['10.0.0.1 10.0.0.2', 'is neither an address nor a CIDR'],
  ])('%s is a mistake', (text, words) => {
    const [mistake, ...more] = violations({ trustedProxies: `10.0.0.0/8,${text}` });
    expect(more).toEqual([]);
    expect(mistake?.field).toBe('--trusted-proxies');
    expect(mistake?.description).toContain(`entry 2 ${words}`);
  });

  test('report each mistake by its place', () => {
    const told = violations({}, { OTPD_TRUSTED_PROXIES: '10.0.0.0/8,,canary,10.0.0.0/40,' });
    expect(told.map(({ field }) => field)).toEqual(Array(4).fill('OTPD_TRUSTED_PROXIES'));
    expect(told.map(({ description }) => description.slice(0, 7))).toEqual(['entry 2', 'entry 3', 'entry 4', 'entry 5']);
    expect(JSON.stringify(told)).not.toContain('canary');
  });
});

describe('the age of connections', () => {
  test('is 30 minutes with a grace of 10 seconds, and anything from a second to 7 days, and from none to an hour', () => {
    const { maxConnectionAgeMs, maxConnectionAgeGraceMs } = loadConfig({}, {});
    expect([maxConnectionAgeMs, maxConnectionAgeGraceMs]).toEqual([1_800_000, 10_000]);
    const ages = ['1s', '90s', '24h', '7d', '1w'].map(
      (OTPD_MAX_CONNECTION_AGE) => loadConfig({}, { OTPD_MAX_CONNECTION_AGE }).maxConnectionAgeMs,
    );
    expect(ages).toEqual([1000, 90_000, 86_400_000, 604_800_000, 604_800_000]);
    const graces = ['0s', '5m', '60m', '1h'].map(
      (maxConnectionAgeGrace) => loadConfig({ maxConnectionAgeGrace }, {}).maxConnectionAgeGraceMs,
    );
    expect(graces).toEqual([0, 300_000, 3_600_000, 3_600_000]);
  });

  test.each(['0s', '8d', '169h', '30', '-1s', '1.5m', '', ' 1s', '1S', '500ms', 'off'])('%j is invalid', (maxConnectionAge) => {
    const [mistake, ...more] = violations({ maxConnectionAge });
    expect([mistake?.field, more]).toEqual(['--max-connection-age', []]);
    expect(mistake?.description).toContain('use such as 90s, 30m or 24h');
  });

  test.each(['61m', '2h', '10', '-1s', 'none'])('%j is no grace', (grace) => {
    expect(mistakes({}, { OTPD_MAX_CONNECTION_AGE_GRACE: grace })).toEqual(['OTPD_MAX_CONNECTION_AGE_GRACE']);
    expect(mistakes({ maxConnectionAgeGrace: grace })).toEqual(['--max-connection-age-grace']);
  });
});
