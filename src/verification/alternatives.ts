/** Checks one code against several keys of a user: says which key decides, and which keys a wrong code counts against. */
import type { Attempt, CodeStore, Judgement, NotJudged, Preview } from '../ports/codes.ts';
import { lockEnd } from './lock.ts';
import { judge } from './rules.ts';
import { isUsed } from './tracks.ts';

/** The judgement of one code. */
export interface Decision {
  readonly judgement: Judgement;
  /**
   * The places of the attempts that were judged: the attempt that decided, or else one attempt for each secret that is locked or that the wrong code
   * counted against.
   */
  readonly places: readonly number[];
}

/** An attempt, and the state of its secret when the call came. */
interface Key extends Preview {
  readonly place: number;
  readonly attempt: Attempt;
}

interface Answer<T = Judgement | NotJudged> {
  readonly place: number;
  readonly judgement: T;
}

/**
 * Judges one code against the keys of `attempts`; each attempt has the step that the code has for its key. The first key that accepts the code
 * decides. If no key accepts it, the first key that the code belongs to decides. If there is none, the code counts once against each secret.
 *
 * Locked keys take no part. They are determined before anything is judged, so that no answer reveals whether a code is right for a locked key. Each
 * judgement concerns one key, and no step needs two keys. If a key becomes locked after it was read, the code counts as wrong for it.
 *
 * A retry under a request id gets the answer of the key that it is kept with. A single attempt is judged directly.
 */
export async function judgeAny(codes: CodeStore, attempts: readonly Attempt[], now: number): Promise<Decision | NotJudged> {
  const [only, ...others] = attempts;
  if (only !== undefined && others.length === 0) {
    const judgement = await codes.judge(only, now);
    return isJudged(judgement) ? { judgement, places: [0] } : judgement;
  }
  const keys = await lookAt(codes, attempts, now);
  const decision = (await repeated(codes, keys, now)) ?? (await judgeAnew(codes, keys, now));
  // Another call with the same request id came first.
  return decision ?? (await repeated(codes, await lookAt(codes, attempts, now), now)) ?? { outcome: 'request_id_reused' };
}

async function lookAt(codes: CodeStore, attempts: readonly Attempt[], now: number): Promise<Key[]> {
  const previews = await codes.preview(attempts, now);
  return attempts.flatMap((attempt, place) => {
    const preview = previews[place];
    return preview === undefined ? [] : [{ ...preview, place, attempt }];
  });
}

/** The answer kept under the request id; undefined if the request is new. */
async function repeated(codes: CodeStore, keys: readonly Key[], now: number): Promise<Decision | NotJudged | undefined> {
  const kept = keys.filter((key) => key.kept !== undefined && isJudged(key.kept));
  // The step that judges asks for the answer again, because replicas may lack an answer that a preview finds.
  const answers = await judgeEach(codes, kept.map(onlyRepeat), now);
  const decision = decisionOf(answers.filter(isAnswered));
  if (decision !== undefined) return decision;
  return keys.some((key) => key.kept?.outcome === 'request_id_reused') ? { outcome: 'request_id_reused' } : undefined;
}

/** Returns undefined if another call with the same request id was judged in the meantime. */
async function judgeAnew(codes: CodeStore, keys: readonly Key[], now: number): Promise<Decision | undefined> {
  const open = keys.filter(isOpen);
  await shortenLocks(codes, keys, now);
  if (open.length === 0) return decisionOf(oneOfEachSecret(keys).map(expected));
  const right = open.find((key) => expected(key).judgement.outcome === 'accepted') ?? open.find(isRight);
  if (right !== undefined) {
    const answers = await judgeEach(codes, [right], now);
    const decision = decisionOf(answers.filter(isAnswered));
    if (decision?.judgement.outcome === 'accepted' && isFresh(right)) forgiveOthers(codes, keys, right, now);
    if (decision?.judgement.outcome !== 'throttled') return decision;
  }
  const answers = await judgeEach(codes, oneOfEachSecret(open).map(wrong), now);
  return answers.every(isAnswered) ? decisionOf(answers) : undefined;
}

/** ACCEPTED before REPLAYED before MISMATCH before THROTTLED, with the fewest remaining attempts and the shortest wait; undefined without answers. */
function decisionOf(answers: readonly Answer<Judgement>[]): Decision | undefined {
  const right = answers.find(({ judgement }) => judgement.outcome === 'accepted') ?? answers.find(hasStep);
  if (right !== undefined) return { judgement: right.judgement, places: [right.place] };
  const mismatches = answers.filter(({ judgement }) => judgement.outcome === 'mismatch');
  const deciding = mismatches.length > 0 ? mismatches : answers;
  const [first] = deciding;
  if (first === undefined) return undefined;
  const attemptsRemaining = Math.min(...deciding.map(({ judgement }) => judgement.attemptsRemaining));
  const waits = deciding.flatMap(({ judgement }) => judgement.retryAfterMs ?? []);
  const retryAfterMs = waits.length > 0 ? Math.min(...waits) : undefined;
  return { judgement: { ...first.judgement, attemptsRemaining, retryAfterMs }, places: deciding.map(({ place }) => place) };
}

/** Judges each attempt separately, all at the same time. */
function judgeEach(codes: CodeStore, keys: readonly Pick<Key, 'place' | 'attempt'>[], now: number): Promise<Answer[]> {
  return Promise.all(keys.map(async ({ place, attempt }) => ({ place, judgement: await codes.judge(attempt, now) })));
}

/**
 * Judges locked keys whose lock dates from before the clock was set back: a judgement shortens such a lock for good, and changes nothing else. Otherwise
 * the lock would begin again with each call.
 */
async function shortenLocks(codes: CodeStore, keys: readonly Key[], now: number): Promise<void> {
  const stale = keys.filter((key) => !isOpen(key) && judge(key.state, key.attempt, key.now).state !== undefined);
  await judgeEach(
    codes,
    stale.map(wrong).map(({ place, attempt }) => ({ place, attempt: { ...attempt, request: undefined } })),
    now,
  );
}

/**
 * Clears the failures of the other keys, or each mistype of a user with one device would count against the others for ever. The call does not wait for
 * this, and it may fail.
 */
function forgiveOthers(codes: CodeStore, keys: readonly Key[], { attempt }: Key, now: number): void {
  const others = oneOfEachSecret(keys).filter((key) => key.attempt.fingerprint !== attempt.fingerprint && key.state.failures > 0);
  void Promise.allSettled(others.map((key) => codes.forgive(key.attempt, now)));
}

function oneOfEachSecret(keys: readonly Key[]): Key[] {
  const places = new Map(keys.toReversed().map(({ attempt, place }) => [attempt.fingerprint, place]));
  return keys.filter(({ attempt, place }) => places.get(attempt.fingerprint) === place);
}

/** The judgement that the key would get if nothing changed. */
function expected({ place, state, attempt, now }: Key): Answer<Judgement> {
  return { place, judgement: judge(state, attempt, now).judgement };
}

function isOpen({ state, now }: Key): boolean {
  return lockEnd(state, now) === 0;
}

function isRight({ attempt }: Key): boolean {
  return attempt.step !== undefined;
}

/** Whether the code was not used before: a used code that passes again proves nothing new. */
function isFresh({ state, attempt: { period, step, firstStep } }: Key): boolean {
  return step !== undefined && !isUsed(state.tracks, period, step, firstStep);
}

function wrong({ place, attempt }: Key): Pick<Key, 'place' | 'attempt'> {
  return { place, attempt: { ...attempt, step: undefined, firstStep: undefined } };
}

function onlyRepeat({ place, attempt }: Key): Pick<Key, 'place' | 'attempt'> {
  return { place, attempt: { ...attempt, onlyRepeat: true } };
}

function isJudged(judgement: Judgement | NotJudged): judgement is Judgement {
  return 'step' in judgement;
}

function isAnswered(answer: Answer): answer is Answer<Judgement> {
  return isJudged(answer.judgement);
}

function hasStep({ judgement }: Answer<Judgement>): boolean {
  return judgement.step !== undefined;
}
