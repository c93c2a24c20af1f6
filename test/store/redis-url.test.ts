/** Parses the URL of a Redis: accepts every supported form and no other. An error does not quote the URL. */
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/otp/error.ts';
import { parseRedisUrl } from '../../src/store/redis/url.ts';

const LOGIN = { tls: false, username: '', password: '', db: 0 };
const PLAIN = { host: 'cache', port: 6379, ...LOGIN };

describe('the URL of a Redis', () => {
  it.each([
    ['redis://cache', PLAIN],
    ['redis://cache/', PLAIN],
    ['redis://cache:7000/3', { ...PLAIN, port: 7000, db: 3 }],
    ['rediss://cache', { ...PLAIN, tls: true }],
    ['redis://:p%40ss%2Fword@cache', { ...PLAIN, password: 'p@ss/word' }],
    ['redis://:p@ss:word@cache', { ...PLAIN, password: 'p@ss:word' }],
    ['redis://otpd:secret@cache:1', { ...PLAIN, port: 1, username: 'otpd', password: 'secret' }],
    ['redis://[::1]:7000', { ...PLAIN, host: '::1', port: 7000 }],
  ])('%s is read', (text, address) => {
    expect(parseRedisUrl(text)).toEqual({ kind: 'one', address });
  });

  it('of sentinels has the name of the primary, and who asks it and them', () => {
    expect(parseRedisUrl('redis-sentinel://a,b:7000,[::1]:7001/otpd')).toEqual({
      kind: 'sentinel',
      sentinels: [
        { ...LOGIN, host: 'a', port: 26_379 },
        { ...LOGIN, host: 'b', port: 7000 },
        { ...LOGIN, host: '::1', port: 7001 },
      ],
      name: 'otpd',
      login: LOGIN,
    });
    const full = 'rediss-sentinel://u:p%2C@a/my%20name/4?sentinelUsername=s&sentinelPassword=t%26';
    expect(parseRedisUrl(full)).toEqual({
      kind: 'sentinel',
      sentinels: [{ host: 'a', port: 26_379, tls: true, username: 's', password: 't&', db: 0 }],
      name: 'my name',
      login: { tls: true, username: 'u', password: 'p,', db: 4 },
    });
  });

  it('of a Cluster has some nodes', () => {
    const login = { tls: true, username: 'u', password: 'p', db: 0 };
    expect(parseRedisUrl('rediss-cluster://u:p@a,b:7000/')).toEqual({
      kind: 'cluster',
      seeds: [
        { ...login, host: 'a', port: 6379 },
        { ...login, host: 'b', port: 7000 },
      ],
    });
    expect(parseRedisUrl('redis-cluster://a/0')).toEqual({ kind: 'cluster', seeds: [{ ...LOGIN, host: 'a', port: 6379 }] });
  });

  it.each([
    ['http://user:hunter2@cache', 'not the URL of a Redis'],
    ['cache:6379,hunter2', 'not the URL of a Redis'],
    ['redis://', 'the host cannot be read'],
    ['redis:///1', 'the host cannot be read'],
    ['redis://user:hunter2@cache/one', 'the database cannot be read'],
    ['redis://user:hunter2@cache/1/2', 'the database cannot be read'],
    ['redis://user:hunter2@cache?family=6', 'parameters are for redis-sentinel:// alone'],
    ['redis://user:hunter2@cache#0', 'not the URL of a Redis'],
    ['redis://user:hunter2%@cache', 'a stray percent sign'],
    ['redis://user:hunter2@cache:70000', 'the host cannot be read'],
    ['redis://user:hunter2@cache,cache', 'several hosts: use redis-sentinel:// or redis-cluster://'],
    ['redis-sentinel://user:hunter2@cache', 'without the name of the master'],
    ['redis-sentinel://user:hunter2@cache/', 'without the name of the master'],
    ['redis-sentinel://user:hunter2@cache/name/one', 'the database cannot be read'],
    ['redis-sentinel://user:hunter2@cache,/name', 'the 2. host cannot be read'],
    ['redis-sentinel://user:hunter2@cache,cache:x,cache/name', 'the 2. host cannot be read'],
    ['redis-sentinel://cache/name?sentinelUser=hunter2', 'the only ones are sentinelUsername and sentinelPassword'],
    ['redis-sentinel://cache/name?sentinelUsername=hunter2', 'sentinelUsername without sentinelPassword'],
    ['redis-sentinel://cache/na%me?sentinelPassword=hunter2', 'a stray percent sign'],
    ['redis-cluster://user:hunter2@cache/1', 'a Cluster has database 0 alone'],
    ['redis-cluster://user:hunter2@cache/name', 'a Cluster has database 0 alone'],
    ['redis-cluster://user:hunter2@cache?a=b', 'parameters are for redis-sentinel:// alone'],
    [`redis-cluster://${Array.from({ length: 65 }, () => 'cache').join()}`, 'more than 64 hosts'],
    ['', 'not the URL of a Redis'],
  ])('%s is refused for what is wrong with it, and not repeated', (text, reason) => {
    const refusal = () => parseRedisUrl(text);
    expect(refusal).toThrow(InvalidInputError);
    expect(refusal).toThrow(reason);
    expect(refusal).not.toThrow(/hunter2|cache/);
  });
});
