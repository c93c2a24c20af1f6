/** The contract of every store for the answers to request ids, under any attempts and changes by an operator. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CodeStore, Judgement } from '../../src/ports/codes.ts';
import { ANSWER_KEPT_MS, FAILURES_KEPT_MS, isKept, judge } from '../../src/verification/rules.ts';
import { USED_KEPT_MS } from '../../src/verification/tracks.ts';
import { MINUTE, START } from '../auth/fixtures.ts';
import { attempt, HOTP, named, newFingerprint } from './codes-fixtures.ts';

interface Known {
  readonly payload: string;
  readonly judgement: Judgement;
  readonly expiresAt: number;
}

const MOVE = fc.record({
  id: fc.option(fc.constantFrom('1', '2', '3'), { nil: undefined }),
  payload: fc.constantFrom('a', 'a', 'a', 'b'),
  step: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined, freq: 2 }),
  drift: fc.integer({ min: -3, max: 3 }),
  name: fc.constantFrom({}, {}, HOTP),
  claim: fc.boolean(),
  change: fc.constantFrom('none', 'none', 'none', 'forgive', 'unlock', 'reset'),
  // The states that are kept for a year or for 30 days end, or have less left than an answer.
  waitMs: fc.constantFrom(
    0,
    0,
    0,
    1,
    MINUTE,
    ANSWER_KEPT_MS - 1,
    ANSWER_KEPT_MS,
    USED_KEPT_MS,
    FAILURES_KEPT_MS - MINUTE,
    -MINUTE,
  ),
});

/** Runs the test on an open store whose clock is the `now` of the calls. */
export function answersContract(name: string, codesOf: () => CodeStore): void {
  describe(`the answers in the ${name} store`, () => {
    it('are kept for a day each, whatever is asked of their secret and done to it meanwhile', async () => {
      const sequences = fc.asyncProperty(fc.array(MOVE, { maxLength: 40 }), async (sequence) => {
        const [codes, fingerprint] = [codesOf(), newFingerprint()];
        const answers = new Map<string, Known>();
        let [now, earliest] = [START, START];
        for (const { id, payload, waitMs, change, name, ...move } of sequence) {
          now = Math.max(now + waitMs, earliest);
          // A store may drop what has expired, so the clock steps back no further.
          for (const [expired, { expiresAt }] of answers) if (expiresAt <= now && answers.delete(expired)) earliest = now;
          if (change !== 'none') await codes[change](named(fingerprint), now);
          const state = await codes.inspect(named(fingerprint), now);
          const request = id === undefined ? undefined : { id, payload };
          const one = attempt({ ...move, ...name, fingerprint, request });
          const kept = id === undefined ? undefined : answers.get(id);
          const expected = kept?.judgement ?? judge(state, one, now).judgement;
          expect(await codes.judge(one, now)).toEqual(
            kept !== undefined && kept.payload !== payload ? { outcome: 'request_id_reused' } : expected,
          );
          if (id !== undefined && kept === undefined && isKept(expected))
            answers.set(id, { payload, judgement: expected, expiresAt: now + ANSWER_KEPT_MS });
        }
      });
      await fc.assert(sequences, { numRuns: 100 });
    });
  });
}
