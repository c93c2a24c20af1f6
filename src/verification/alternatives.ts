/** A code that may be of any of several keys of a user: which of them decides, and against which of them a wrong code counts. */
import type { Attempt, CodeStore, Judgement, NotJudged, Preview } from '../ports/codes.ts';
import { lockEnd } from './lock.ts';
import { judge } from './rules.ts';
import { isUsed } from './tracks.ts';

/** The judgement of one code. */
export interface Decision {
  readonly judgement: Judgement;
  /** The attempts that were judged, by their places: the one that decided; else one for each secret that the code counted against or that is locked. */
  readonly places: readonly number[];
}

/** An attempt, and what was known of its secret when the call came. */
interface Key extends Preview {
  readonly place: number;
  readonly attempt: Attempt;
}

interface Answer<T = Judgement | NotJudged> {
  readonly place: number;
  readonly judgement: T;
}

/**
 * Judges one code on the keys of `attempts`, each with the step that it is the code of there. The first key that accepts it decides, else the first
 * whose code it is; else it counts against each secret, once.
 *
 * Locked keys take no part, and which they are is read before anything is judged: so no answer tells whether a code is right for a locked key. Each
 * judgement is of one key, and no step needs two. If a key locks between the reading and the judging, the code counts as none of its own.
 *
 * A repeat under a request id gets the answer of whichever key it was kept at. A single attempt is judged as it is.
 */
export async function judgeAny(codes: CodeStore, attempts: readonly Attempt[], now: number): Promise<Decision | NotJudged> {
  const [only, ...others] = attempts;
  if (only !== undefined && others.length === 0) {
    const judgement = await codes.judge(only, now);
    return isJudged(judgement) ? { judgement, places: [0] } : judgement;
  }
  const keys = await lookAt(codes, attempts, now);
  const decision = (await repeated(codes, keys, now)) ?? (await judgeAnew(codes, keys, now));
  // Where another call under the request id came first.
  return decision ?? (await repeated(codes, await lookAt(codes, attempts, now), now)) ?? { outcome: 'request_id_reused' };
}

async function lookAt(codes: CodeStore, attempts: readonly Attempt[], now: number): Promise<Key[]> {
  const previews = await codes.preview(attempts, now);
  return attempts.flatMap((attempt, place) => {
    const preview = previews[place];
    return preview === undefined ? [] : [{ ...preview, place, attempt }];
  });
}

/** The answer that is kept under the request id; undefined if the request is new. */
async function repeated(codes: CodeStore, keys: readonly Key[], now: number): Promise<Decision | NotJudged | undefined> {
  const kept = keys.filter((key) => key.kept !== undefined && isJudged(key.kept));
  // Asked for once more in the step that judges: what a look finds, replicas may not have yet.
  const answers = await judgeEach(codes, kept.map(onlyRepeat), now);
  const decision = decisionOf(answers.filter(isAnswered));
  if (decision !== undefined) return decision;
  return keys.some((key) => key.kept?.outcome === 'request_id_reused') ? { outcome: 'request_id_reused' } : undefined;
}

/** Undefined if another call under the same request id was judged meanwhile. */
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

/** ACCEPTED before REPLAYED before MISMATCH before THROTTLED, each with what is the least of all; undefined without answers. */
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

/** Judges each on its own, all at once. */
function judgeEach(codes: CodeStore, keys: readonly Pick<Key, 'place' | 'attempt'>[], now: number): Promise<Answer[]> {
  return Promise.all(keys.map(async ({ place, attempt }) => ({ place, judgement: await codes.judge(attempt, now) })));
}

/** A lock from before the clock was set back is shortened for good by a judgement, which changes nothing else; or it would begin anew with each call. */
async function shortenLocks(codes: CodeStore, keys: readonly Key[], now: number): Promise<void> {
  const stale = keys.filter((key) => !isOpen(key) && judge(key.state, key.attempt, key.now).state !== undefined);
  await judgeEach(
    codes,
    stale.map(wrong).map(({ place, attempt }) => ({ place, attempt: { ...attempt, request: undefined } })),
    now,
  );
}

/** Or each mistype of a user with one device in hand would count against the others for ever. Nobody waits for it, and it may fail. */
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

/** Whether the code was not used: a used one that is let pass again proves nothing new. */
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
