/** The history that callers saw, call by call, and the executions that explain it: the rules are checked on these. */
import type { Answer } from './caller.ts';

/** A Verify as its caller saw it. Times in ms of one monotonic clock. */
export interface Call {
  /** The name of the key. */
  readonly key: string;
  readonly apiKey: string;
  readonly requestId: string | undefined;
  readonly code: string;
  /** The step whose code it is; undefined for a wrong code. */
  readonly step: number | undefined;
  /** False with `allow_reuse`. */
  readonly claim: boolean;
  readonly afterStep: number | undefined;
  readonly invokedAt: number;
  readonly answeredAt: number;
  readonly answer: Answer;
}

/** A judgement of a call, or of all calls with the same request id: it was made, if at all, between `start` and `end`. */
export interface Execution extends Pick<Call, 'key' | 'step' | 'claim' | 'afterStep'> {
  readonly start: number;
  /** Infinity while nobody has heard of it. */
  readonly end: number;
  readonly answer: Answer;
}

/** The calls of each request: those with one request id of one caller belong together, a call without stands alone. */
export function requestsOf(history: readonly Call[]): Call[][] {
  const requests = new Map<unknown, Call[]>();
  for (const call of history) {
    const name = call.requestId === undefined ? call : `${call.apiKey} ${call.requestId}`;
    const calls = requests.get(name);
    if (calls === undefined) requests.set(name, [call]);
    else calls.push(call);
  }
  return [...requests.values()];
}

/** The content of a request, which tells a repeat from another request under the same id. */
export function payloadOf({ key, code, claim, afterStep }: Call): string {
  return JSON.stringify([key, code, claim, afterStep]);
}

/** Whether the answer is a judgement. */
export function isJudgement({ answer: { outcome } }: Pick<Call, 'answer'>): boolean {
  return outcome !== 'unknown' && outcome !== 'request_id_reused' && outcome !== 'malformed';
}

/** The judgements behind a history. Where nobody heard which of two requests of one id came first, either may have been judged. */
export function executionsOf(history: readonly Call[]): Execution[] {
  return requestsOf(history).flatMap((calls) => {
    const open = calls.filter(({ answer }) => answer.outcome !== 'request_id_reused' && answer.outcome !== 'malformed');
    const judged = open.filter(isJudgement);
    const possible = judged.length > 0 ? open.filter((call) => judged.some((one) => payloadOf(one) === payloadOf(call))) : open;
    // A throttled call changed nothing, and the next one under its id is judged anew.
    const judgedOnce = (call: Call) => (call.answer.outcome === 'throttled' ? call : payloadOf(call));
    return [...Map.groupBy<Call | string, Call>(possible, judgedOnce).values()].map(executionOf);
  });
}

function executionOf(calls: readonly Call[]): Execution {
  const [first] = calls;
  if (first === undefined) throw new Error('a request has at least one call');
  const judged = calls.filter(isJudgement);
  const { key, step, claim, afterStep } = first;
  return {
    key,
    step,
    claim,
    afterStep,
    start: Math.min(...calls.map(({ invokedAt }) => invokedAt)),
    end: Math.min(...judged.map(({ answeredAt }) => answeredAt)),
    answer: (judged[0] ?? first).answer,
  };
}
