/** The history of calls as the callers saw it, and the executions that explain it, on which the rules are checked. */
import type { Answer } from './caller.ts';

/** A Verify as its caller saw it. The times are in ms of the same monotonic clock. */
export interface Call {
  /** The name of the key. */
  readonly key: string;
  readonly apiKey: string;
  readonly requestId: string | undefined;
  readonly code: string;
  /** The step of the code; undefined for a wrong code. */
  readonly step: number | undefined;
  /** False with `allow_reuse`. */
  readonly claim: boolean;
  readonly afterStep: number | undefined;
  readonly invokedAt: number;
  readonly answeredAt: number;
  readonly answer: Answer;
}

/** A judgement of a call, or of all calls with the same request id. If it took place, it did so between `start` and `end`. */
export interface Execution extends Pick<Call, 'key' | 'step' | 'claim' | 'afterStep'> {
  readonly start: number;
  /** Infinity if no caller has an answer. */
  readonly end: number;
  readonly answer: Answer;
}

/** Groups calls by request: the calls of a caller with the same request id form a group, and each call without a request id is its own group. */
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

/** Returns the content of a request, which distinguishes a repeat from another request with the same id. */
export function payloadOf({ key, code, claim, afterStep }: Call): string {
  return JSON.stringify([key, code, claim, afterStep]);
}

/** Whether the answer is a judgement. */
export function isJudgement({ answer: { outcome } }: Pick<Call, 'answer'>): boolean {
  return outcome !== 'unknown' && outcome !== 'request_id_reused' && outcome !== 'malformed';
}

/** Returns the judgements behind a history. If no answer shows which of two requests with the same id came first, either may have been judged. */
export function executionsOf(history: readonly Call[]): Execution[] {
  return requestsOf(history).flatMap((calls) => {
    const open = calls.filter(({ answer }) => answer.outcome !== 'request_id_reused' && answer.outcome !== 'malformed');
    const judged = open.filter(isJudgement);
    const possible = judged.length > 0 ? open.filter((call) => judged.some((one) => payloadOf(one) === payloadOf(call))) : open;
    // A throttled call changes nothing, and the next call with its id is judged again.
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
