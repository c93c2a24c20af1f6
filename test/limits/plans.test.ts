/** Plans: the defaults, the operator's JSON with all its mistakes, and keys whose plan no longer exists. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_PLANS, type Plan, parsePlans, planOf } from '../../src/limits/plans.ts';
import { InvalidInputError } from '../../src/otp/error.ts';

function mistakes(json: string): string[] {
  try {
    parsePlans(json);
  } catch (error) {
    if (error instanceof InvalidInputError) return error.violations.map(({ field, description }) => `${field}: ${description}`);
    throw error;
  }
  return [];
}

function limitsOf(plan: Plan | undefined): [string, number, number, boolean][] | undefined {
  return plan?.windows.map(({ name, periodMs, limit, refundable }) => [name, periodMs, limit, refundable]);
}

describe('the default plans', () => {
  it.each([
    [
      'free',
      [
        ['minute', 60_000, 5, false],
        ['hour', 3_600_000, 100, true],
      ],
    ],
    [
      'pro',
      [
        ['minute', 60_000, 30, false],
        ['hour', 3_600_000, 1000, true],
        ['day', 86_400_000, 10_000, true],
      ],
    ],
    [
      'ultra',
      [
        ['minute', 60_000, 100, false],
        ['hour', 3_600_000, 5000, true],
      ],
    ],
    ['unlimited', []],
  ])('hold %s', (name, windows) => {
    expect(limitsOf(DEFAULT_PLANS.get(name))).toEqual(windows);
    expect(DEFAULT_PLANS.get(name)?.streams).toBe(100);
  });

  it('are four', () => {
    expect([...DEFAULT_PLANS.keys()]).toEqual(['free', 'pro', 'ultra', 'unlimited']);
  });
});

describe('plans in JSON', () => {
  it('take the place of the default ones', () => {
    const plans = parsePlans('{"team": {"day": 9, "minute": 3, "hour": null, "streams": 0}, "open": {}}');
    expect([...plans.keys()]).toEqual(['team', 'open']);
    expect(limitsOf(plans.get('team'))).toEqual([
      ['minute', 60_000, 3, false],
      ['day', 86_400_000, 9, true],
    ]);
    expect(plans.get('team')?.streams).toBe(0);
    expect(plans.get('open')).toEqual({ name: 'open', windows: [], streams: 100 });
  });

  it('report every mistake with its path', () => {
    const json =
      '{"free": {"minute": 0, "hour": "100", "day": 1.5, "streams": -1, "week": 1}, "a b": {"minute": 1}, "c": [], "d": null}';
    expect(mistakes(json)).toEqual([
      'free.week: is not known; use minute, hour, day, month, streams',
      'free.minute: must be a whole number from 1 to 1000000000',
      'free.hour: must be a whole number from 1 to 1000000000',
      'free.day: must be a whole number from 1 to 1000000000',
      'free.streams: must be a whole number from 0 to 10000',
      '?: must be named with 1 to 32 letters, digits, - and _, the first a letter or digit',
      'c: must be an object, such as {"minute": 5, "hour": 100}',
      'd: must be an object, such as {"minute": 5, "hour": 100}',
    ]);
  });

  it.each(['', 'otpd_secret', '[]', '"free"', 'null', '5'])('are refused as a whole: %s', (json) => {
    expect(mistakes(json)).toEqual(['the file: must be a JSON object of plans by name, such as {"free": {"minute": 5}}']);
  });

  it.each([
    '{"free": {"minute": 5}, "pro": {}, "free": {}}',
    '{"free": {"minute": 5, "hour": 9, "minute": 50}}',
    '{"free": {"minute": 5}, "\\u0066ree": {"minute": 50}}',
  ])('are refused when a plan or a limit is given twice: %s', (json) => {
    expect(mistakes(json)).toEqual(['the file: has a plan or a limit twice: remove one of the two']);
  });

  it('are refused when there are none', () => {
    expect(mistakes('{}')).toEqual(['the file: must hold at least one plan']);
  });

  it('may not be named to reach into a prototype', () => {
    expect(mistakes('{"__proto__": {"minute": 1}}')).toHaveLength(1);
    expect(mistakes('{"free": {"__proto__": {"minute": 1}}}')).toHaveLength(1);
  });

  it('take a limit of 1e9 and no more', () => {
    expect(mistakes('{"a": {"minute": 1000000000}}')).toEqual([]);
    expect(mistakes('{"a": {"minute": 1000000001}}')).toHaveLength(1);
  });
});

describe('the plan of a key', () => {
  it('is the named plan', () => {
    expect(planOf(DEFAULT_PLANS, 'ultra').name).toBe('ultra');
  });

  it('is the strictest plan if the named plan does not exist, in any order', () => {
    expect(planOf(DEFAULT_PLANS, 'gone').name).toBe('free');
    expect(planOf(parsePlans('{"open": {}, "wide": {"minute": 9}, "narrow": {"minute": 9, "day": 5}}'), 'free').name).toBe(
      'narrow',
    );
  });
});
