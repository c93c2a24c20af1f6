/** BatchVerify: many codes, each checked as Verify does, and all of them judged together. */
import type { BatchVerifyRequest, BatchVerifyResponse, VerifyRequest } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { Violations } from '../otp/error.ts';
import type { Attempt, CodeStore } from '../ports/codes.ts';
import { Rejection } from '../ports/rejection.ts';
import type { CallContext } from '../rpc/context.ts';
import { runItems } from './batch.ts';
import { createVerify, type VerifyPorts } from './verify.ts';
import { readVerification } from './verify-request.ts';

/** Makes the handler. */
export function createBatchVerify(
  ports: VerifyPorts,
): (request: BatchVerifyRequest, context: CallContext) => Promise<BatchVerifyResponse> {
  return async ({ requests }, context) => {
    const { codes, judgeAll } = createTogether(ports, context);
    // Whether the store still knows the caller is asked when it is to judge.
    const verify = createVerify({ ...ports, codes, knows: () => true });
    const outcomes = await runItems(
      requests,
      context,
      async (request) => {
        checkForBatch(request, context);
        return { case: 'response', value: await verify(request, context) } as const;
      },
      { field: 'requests', afterLast: judgeAll },
    );
    return {
      $typeName: 'otp.v1.BatchVerifyResponse',
      results: outcomes.map((result) => ({ $typeName: 'otp.v1.BatchVerifyResult', result })),
    };
  };
}

/** Throws for a request that only Verify itself takes, with all that is wrong with it. */
function checkForBatch(request: VerifyRequest, context: CallContext): void {
  if (request.alternatives.length === 0 && !request.confirm) return;
  const violations = new Violations();
  if (request.alternatives.length > 0) violations.add('alternatives', 'not in a batch: call Verify');
  if (request.confirm) violations.add('confirm', 'not in a batch: call Verify');
  violations.collect('', readVerification, request, context.now());
  violations.throwIfAny();
}

/** Attempts that wait for each other. */
interface Together {
  /** Gives each attempt its judgement once all are judged. */
  readonly codes: CodeStore;
  /** Judges the attempts that have come. Rejects where none of them is known to have been judged. */
  readonly judgeAll: () => Promise<void>;
}

interface Waiting {
  readonly attempt: Attempt;
  readonly resolve: (result: Awaited<ReturnType<CodeStore['judge']>>) => void;
  readonly reject: (error: Error) => void;
}

function createTogether({ codes, knows }: VerifyPorts, { principal, now }: CallContext): Together {
  const waiting: Waiting[] = [];
  return {
    codes: {
      ...codes,
      judge: (attempt) => new Promise((resolve, reject) => void waiting.push({ attempt, resolve, reject })),
    },
    async judgeAll() {
      if (waiting.length === 0) return;
      const attempts = waiting.map(({ attempt }) => attempt);
      // Nothing may come between, as in Verify.
      if (!knows(principal)) throw new Rejection('store_unavailable');
      const results = await codes.judgeAll(attempts, now());
      for (const [place, { resolve, reject }] of waiting.entries()) {
        const result = results[place] ?? new Error('the store has not said how it judged');
        if (result instanceof Error) reject(result);
        else resolve(result);
      }
    },
  };
}
