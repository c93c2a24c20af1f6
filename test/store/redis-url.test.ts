/** Reading the URL of a Redis: every form that is meant, and no other, without a word of it in the refusal. */
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/otp/error.ts';
import { parseRedisUrl } from '../../src/store/redis/url.ts';

const PLAIN = { host: 'cache', port: 6379, tls: false, username: '', password: '', db: 0 };

describe('the URL of a Redis', () => {
  it.each([
    ['redis://cache', PLAIN],
    ['redis://cache/', PLAIN],
    ['redis://cache:7000/3', { ...PLAIN, port: 7000, db: 3 }],
    ['rediss://cache', { ...PLAIN, tls: true }],
    ['redis://:p%40ss%2Fword@cache', { ...PLAIN, password: 'p@ss/word' }],
    ['redis://otpd:secret@cache:1', { ...PLAIN, port: 1, username: 'otpd', password: 'secret' }],
    ['redis://[::1]:7000', { ...PLAIN, host: '::1', port: 7000 }],
  ])('%s is read', (text, address) => {
    expect(parseRedisUrl(text)).toEqual(address);
  });

  it.each([
    'http://user:hunter2@cache',
    'cache:6379,hunter2',
    'redis://',
    'redis:///1',
    'redis://user:hunter2@cache/one',
    'redis://user:hunter2@cache/1/2',
    'redis://user:hunter2@cache?family=6',
    'redis://user:hunter2@cache#0',
    'redis://user:hunter2%@cache',
    'redis://user:hunter2@cache:70000',
    '',
  ])('%s is refused, and not repeated', (text) => {
    const refusal = () => parseRedisUrl(text);
    expect(refusal).toThrow(InvalidInputError);
    expect(refusal).not.toThrow(/hunter2|cache/);
  });
});
