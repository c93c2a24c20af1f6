/** BatchVerify: many codes, each checked as Verify does, and all of them judged together. */
import type {
  BatchVerifyRequest,
  BatchVerifyResponse,
  VerifyRequest,
  VerifyResponse,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { Violations } from '../otp/error.ts';
import type { Attempt, CodeStore } from '../ports/codes.ts';
import { Rejection } from '../ports/rejection.ts';
import type { CallContext } from '../rpc/context.ts';
import { CallFailure } from '../rpc/failure.ts';
import type { Turns } from '../rpc/work-queue.ts';
import { runItems } from './batch.ts';
import { KeyOpener } from './sealed-key.ts';
import { createVerify, type VerifyPorts } from './verify.ts';
import { readVerification } from './verify-request.ts';

/** Makes the handler; long windows are searched in turns. */
export function createBatchVerify(
  ports: VerifyPorts,
  turns: Turns,
): (request: BatchVerifyRequest, context: CallContext) => Promise<BatchVerifyResponse> {
  return async ({ requests }, context) => {
    const together = new Together(ports, context);
    const outcomes = await runItems(
      requests,
      context,
      (request) =>
        together.begin(async (codes) => {
          checkForBatch(ports, request, context);
          // Whether the store still knows the caller is asked when it is to judge.
          return createVerify({ ...ports, codes, knows: () => true }, turns)(request, context);
        }),
      { field: 'requests', afterLast: () => together.judgeAll() },
    );
    return {
      $typeName: 'otp.v1.BatchVerifyResponse',
      results: outcomes.map((result) => ({ $typeName: 'otp.v1.BatchVerifyResult', result })),
    };
  };
}

/** Throws for a request that only Verify itself takes, with all that is wrong with it. */
function checkForBatch({ sealing }: VerifyPorts, request: VerifyRequest, context: CallContext): void {
  if (request.alternatives.length === 0 && !request.confirm) return;
  const violations = new Violations();
  if (request.alternatives.length > 0) violations.add('alternatives', 'not in a batch: call Verify');
  if (request.confirm) violations.add('confirm', 'not in a batch: call Verify');
  const now = context.now();
  using opener = new KeyOpener(sealing, context, now, 'confirm');
  opener.holdRefusal(() => violations.collect('', readVerification, request, opener, now));
  violations.throwIfAny();
}

type Judged = Awaited<ReturnType<CodeStore['judge']>>;

/** An item whose code was compared. */
interface Waiting {
  readonly attempt: Attempt;
  readonly resolve: (judged: Judged) => void;
  readonly reject: (error: Error) => void;
}

/** The items of a batch, whose attempts wait for each other. */
class Together {
  readonly #ports: VerifyPorts;
  readonly #context: CallContext;
  /** By the places of the items: some take longer to compare than those behind them. */
  readonly #waiting: (Waiting | undefined)[] = [];
  /** Each is over when its item has an attempt, or has ended without one. */
  readonly #compared: Promise<unknown>[] = [];

  constructor(ports: VerifyPorts, context: CallContext) {
    this.#ports = ports;
    this.#context = context;
  }

  /** Begins the next item, whose attempt is judged with the others. */
  begin(
    verify: (codes: CodeStore) => Promise<VerifyResponse>,
  ): Promise<{ readonly case: 'response'; readonly value: VerifyResponse }> {
    const place = this.#waiting.push(undefined) - 1;
    const { promise: hasAttempt, resolve: tellOfAttempt } = Promise.withResolvers<void>();
    const judge = (attempt: Attempt): Promise<Judged> =>
      new Promise((resolve, reject) => {
        this.#waiting[place] = { attempt, resolve, reject };
        tellOfAttempt();
      });
    const answer = verify({ ...this.#ports.codes, judge });
    this.#compared.push(hasAttempt);
    const tellOfEnd = (): void => tellOfAttempt();
    answer.then(tellOfEnd, tellOfEnd);
    return answer.then((value) => ({ case: 'response', value }));
  }

  /** Judges the attempts, in the order of their items. Rejects where none of them is known to have been judged. */
  async judgeAll(): Promise<void> {
    await Promise.all(this.#compared);
    const waiting = this.#waiting.filter((one) => one !== undefined);
    if (waiting.length === 0) return;
    if (this.#context.call.ended) throw new CallFailure('deadline_exceeded');
    const { codes, knows } = this.#ports;
    const { principal, now } = this.#context;
    // Nothing may come between, as in Verify.
    if (!knows(principal)) throw new Rejection('store_unavailable');
    const results = await codes.judgeAll(
      waiting.map(({ attempt }) => attempt),
      now(),
    );
    for (const [place, { resolve, reject }] of waiting.entries()) {
      const result = results[place] ?? new Error('the store has not said how it judged');
      if (result instanceof Error) reject(result);
      else resolve(result);
    }
  }
}
