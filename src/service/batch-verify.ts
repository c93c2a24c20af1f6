/** BatchVerify: checks many codes as Verify does, and judges them together. */
import type {
  BatchVerifyRequest,
  BatchVerifyResponse,
  VerifyRequest,
  VerifyResponse,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { Violations } from '../otp/error.ts';
import type { Judgement } from '../ports/codes.ts';
import type { CallContext } from '../rpc/context.ts';
import { CallFailure } from '../rpc/failure.ts';
import type { Turns } from '../rpc/work-queue.ts';
import { eachItem, Failed, outcomesOf } from './batch.ts';
import { judgeTogether } from './judging.ts';
import { KeyOpener } from './sealed-key.ts';
import { Compared, compare, type VerifyPorts } from './verify.ts';
import { readVerification } from './verify-request.ts';

type Answer = { readonly case: 'response'; readonly value: VerifyResponse };

/** Makes the handler. Long windows are searched in steps, in turns with other work. */
export function createBatchVerify(
  ports: VerifyPorts,
  turns: Turns,
): (request: BatchVerifyRequest, context: CallContext) => Promise<BatchVerifyResponse> {
  return async ({ requests }, context) => {
    using openers = new DisposableStack();
    const compareOne = (request: VerifyRequest): ReturnType<typeof compare> => {
      checkForBatch(ports, request, context);
      const opener = openers.use(new KeyOpener(ports.sealing, context, context.now(), 'ordinary'));
      return compare(ports, turns, request, context, opener);
    };
    const items = await eachItem(requests, context, compareOne, { field: 'requests' });
    const outcomes = outcomesOf(await judgeItems(ports, items, context), context);
    return {
      $typeName: 'otp.v1.BatchVerifyResponse',
      results: outcomes.map((result) => ({ $typeName: 'otp.v1.BatchVerifyResult', result })),
    };
  };
}

/** Judges all compared codes together, in the order of their items, and makes their answers. */
async function judgeItems(
  ports: VerifyPorts,
  items: readonly (Compared | VerifyResponse | Failed)[],
  context: CallContext,
): Promise<(Answer | Failed)[]> {
  const attempts = items.flatMap((item) => (item instanceof Compared ? item.attempts : []));
  if (attempts.length > 0 && context.call.ended) throw new CallFailure('deadline_exceeded');
  const judged = (await judgeTogether(ports, attempts, context, context.now())).values();
  return items.map((item) => {
    if (item instanceof Failed) return item;
    return item instanceof Compared ? answerOf(item, judged.next().value) : { case: 'response', value: item };
  });
}

function answerOf(item: Compared, judged: Judgement | Error | undefined): Answer | Failed {
  if (judged === undefined || judged instanceof Error) return new Failed(judged);
  try {
    return { case: 'response', value: item.answer({ judgement: judged, places: [0] }) };
  } catch (error) {
    return new Failed(error);
  }
}

/** Throws for a request that Verify accepts and a batch does not, with every violation. */
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
