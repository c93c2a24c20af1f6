/** The checker finds each kind of violation that a history contains, and none in a history that a sequence of judgements explains. */
import { expect, test } from 'vitest';
import type { Outcome } from './caller.ts';
import { violationsOf } from './checker.ts';
import type { Call } from './history.ts';

/** A call between two times. Without a step, its code is wrong. */
function call(
  invokedAt: number,
  answeredAt: number,
  outcome: Outcome,
  more: Partial<Call> & { matched?: number; text?: string } = {},
): Call {
  const { step, matched = step, text = `${outcome} ${step}`, code = String(step), ...rest } = more;
  const answer = { outcome, step: outcome === 'accepted' || outcome === 'replayed' ? matched : undefined, text };
  const asked = { key: 'key', apiKey: 'caller', requestId: undefined, claim: true, afterStep: undefined };
  return { ...asked, ...rest, code, step, invokedAt, answeredAt, answer };
}

/** Returns this many calls with wrong codes, one after the other from a time on, 10 ms each. */
function wrong(count: number, from: number): Call[] {
  return Array.from({ length: count }, (_, place) => call(from + 10 * place, from + 10 * place + 9, 'mismatch'));
}

function rulesBroken(...history: Call[]): string[] {
  return [...new Set(violationsOf(history).map(({ rule }) => rule))];
}

const DAY = 86_400_000;

test.each<[string, Call[]]>([
  ['nothing', []],
  [
    'each code once, in their order',
    [call(0, 1, 'accepted', { step: 1 }), call(2, 3, 'accepted', { step: 2 }), call(4, 5, 'replayed', { step: 1 })],
  ],
  [
    'an earlier code that was under way when a later one was answered',
    [call(0, 5, 'accepted', { step: 2 }), call(4, 9, 'accepted', { step: 1 })],
  ],
  ['the same code of two keys', [call(0, 1, 'accepted', { step: 1 }), call(2, 3, 'accepted', { step: 1, key: 'other' })]],
  ['a code let pass again', [call(0, 1, 'accepted', { step: 1 }), call(2, 3, 'accepted', { step: 1, claim: false })]],
  ['a replay of what was never answered', [call(0, 9, 'unknown', { step: 1 }), call(20, 21, 'replayed', { step: 1 })]],
  ['a replay of what came out later', [call(0, 9, 'accepted', { step: 1 }), call(1, 2, 'replayed', { step: 1 })]],
  ['a replay by after_step', [call(0, 1, 'replayed', { step: 3, afterStep: 3 })]],
  ['five wrong codes, then nothing judged', [...wrong(5, 0), call(60, 61, 'throttled', { step: 1 })]],
  ['wrong codes around an acceptance', [...wrong(4, 0), call(50, 51, 'accepted', { step: 1 }), ...wrong(5, 60)]],
  ['a sixth wrong code after a minute, a seventh after two more', [...wrong(5, 0), ...wrong(1, 60_050), ...wrong(1, 180_100)]],
  ['a right code after the delay', [...wrong(5, 0), call(60_050, 60_051, 'accepted', { step: 1 })]],
  [
    'a request repeated',
    [call(0, 1, 'accepted', { step: 1, requestId: 'id' }), call(DAY, DAY + 1, 'accepted', { step: 1, requestId: 'id' })],
  ],
  [
    'a request whose first answer was lost',
    [call(0, 1, 'unknown', { step: 1, requestId: 'id' }), call(2, 3, 'accepted', { step: 1, requestId: 'id' })],
  ],
  [
    'a request judged anew after it was throttled',
    [
      ...wrong(5, 0),
      call(60, 61, 'throttled', { step: 1, requestId: 'id', text: 'wait a minute' }),
      call(70, 71, 'throttled', { step: 1, requestId: 'id', text: 'wait a little less' }),
      call(80, 81, 'throttled', { step: 2, requestId: 'id' }),
      call(60_050, 60_051, 'accepted', { step: 1, requestId: 'id' }),
      call(60_060, 60_061, 'accepted', { step: 1, requestId: 'id' }),
    ],
  ],
  [
    'a request id of two callers',
    [call(0, 1, 'accepted', { step: 1, requestId: 'id' }), call(2, 3, 'replayed', { step: 1, requestId: 'id', apiKey: 'other' })],
  ],
  [
    'another request under the id of one that nobody heard of',
    [call(0, 1, 'unknown', { step: 1, requestId: 'id' }), call(2, 3, 'request_id_reused', { step: 2, requestId: 'id' })],
  ],
  ['a typing mistake', [...wrong(5, 0), call(60, 61, 'malformed')]],
])('%s is in order', (_, history) => {
  expect(violationsOf(history)).toEqual([]);
});

test.each<[string, Call[]]>([
  ['right is right', [call(0, 1, 'mismatch', { step: 1 })]],
  ['right is right', [call(0, 1, 'accepted', { matched: 1 })]],
  ['right is right', [call(0, 1, 'accepted', { step: 1, matched: 2 })]],
  ['once', [call(0, 9, 'accepted', { step: 1 }), call(0, 9, 'accepted', { step: 1 })]],
  ['once', [call(0, 9, 'accepted', { step: 1, requestId: 'one' }), call(0, 9, 'accepted', { step: 1, requestId: 'other' })]],
  ['forward', [call(0, 1, 'accepted', { step: 2 }), call(2, 3, 'accepted', { step: 1 })]],
  ['after_step', [call(0, 1, 'accepted', { step: 3, afterStep: 3 })]],
  ['replayed for a reason', [call(0, 1, 'replayed', { step: 1 })]],
  ['replayed for a reason', [call(0, 1, 'replayed', { step: 1 }), call(2, 3, 'accepted', { step: 1 })]],
  ['replayed for a reason', [call(0, 1, 'accepted', { step: 1 }), call(2, 3, 'replayed', { step: 2 })]],
  ['replayed for a reason', [call(0, 1, 'accepted', { step: 1, claim: false }), call(2, 3, 'replayed', { step: 1 })]],
  ['attempts', Array.from({ length: 6 }, () => call(0, 9, 'mismatch'))],
  ['attempts', [call(0, 99, 'accepted', { step: 1 }), ...Array.from({ length: 11 }, () => call(0, 99, 'mismatch'))]],
  [
    'attempts',
    [
      call(0, 1, 'accepted', { step: 1 }),
      ...wrong(3, 10),
      call(50, 51, 'accepted', { step: 1, claim: false }),
      call(60, 80, 'mismatch'),
      call(60, 80, 'mismatch'),
      call(60, 80, 'mismatch'),
    ],
  ],
  [
    'attempts',
    [
      call(0, 1, 'unknown', { step: 1 }),
      call(2, 3, 'replayed', { step: 1 }),
      ...wrong(3, 10),
      call(50, 51, 'accepted', { step: 1, claim: false }),
      ...wrong(3, 60),
    ],
  ],
  ['locked', [...wrong(5, 0), call(100, 101, 'accepted', { step: 1 })]],
  ['locked', [call(0, 1, 'accepted', { step: 1 }), ...wrong(5, 10), call(100, 101, 'replayed', { step: 1 })]],
  ['throttled for a reason', [...wrong(4, 0), call(100, 101, 'throttled')]],
  ['request id', [call(0, 1, 'accepted', { step: 1, requestId: 'id' }), call(2, 3, 'replayed', { step: 1, requestId: 'id' })]],
  [
    'request id',
    [call(0, 1, 'accepted', { step: 1, requestId: 'id' }), call(2, 3, 'accepted', { step: 1, requestId: 'id', text: 'drifted' })],
  ],
  ['request id', [call(0, 1, 'accepted', { step: 1, requestId: 'id' }), call(2, 3, 'accepted', { step: 2, requestId: 'id' })]],
  [
    'request id',
    [call(0, 1, 'accepted', { step: 1, requestId: 'id' }), call(2, 3, 'request_id_reused', { step: 1, requestId: 'id' })],
  ],
  ['request id', [call(0, 1, 'request_id_reused', { step: 1, requestId: 'id' })]],
  [
    'locked',
    [
      ...wrong(5, 0),
      call(60, 61, 'throttled', { step: 1, requestId: 'id' }),
      call(100, 101, 'accepted', { step: 1, requestId: 'id' }),
    ],
  ],
])('"%s" is found broken', (rule, history) => {
  expect(rulesBroken(...history)).toContain(rule);
});

test('a rule is found broken in the middle of what is in order', () => {
  const order = Array.from({ length: 200 }, (_, place) => call(place, place + 3, 'accepted', { step: place }));
  expect(rulesBroken(...order)).toEqual([]);
  expect(rulesBroken(...order, call(152, 300, 'accepted', { step: 150 }))).toEqual(['once']);
  expect(rulesBroken(...order, call(210, 211, 'accepted', { step: 150 }))).toEqual(['once', 'forward']);
});
