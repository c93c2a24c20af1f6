/** WatchToken: sends the current code at once, then each code when its step begins, until the caller leaves. */
import { setTimeout as sleep } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import { type WatchTokenRequest, type WatchTokenResponse, WatchTokenResponseSchema } from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { Violations } from '../otp/error.ts';
import { stepAt, stepStart } from '../otp/totp.ts';
import type { CallContext } from '../rpc/context.ts';
import type { Sealing } from '../sealing/sealing.ts';
import { requireKey } from './key.ts';
import { KeyOpener, type SealingPort } from './sealed-key.ts';
import { tokenMessage } from './token-message.ts';

/** Makes the handler; its streams end when the context's signal fires. */
export function createWatchToken({
  sealing,
}: SealingPort): (request: WatchTokenRequest, context: CallContext) => AsyncGenerator<WatchTokenResponse> {
  return (request, context) => watchToken(sealing, request, context);
}

async function* watchToken(
  sealing: Sealing,
  request: WatchTokenRequest,
  context: CallContext,
): AsyncGenerator<WatchTokenResponse> {
  // The stream needs the secret until it ends.
  using opener = new KeyOpener(sealing, context, context.now(), 'disclose');
  const violations = new Violations();
  const key = requireKey(request.key, violations, opener);
  if (key?.parameters.type === 'hotp') violations.add('key.type', 'must be TOTP: a HOTP changes with use, not with time');
  violations.throwIfAny();
  opener.throwIfRefused();
  if (key === undefined) throw new Error('a request without violations has a key');
  const { period } = key.parameters;
  let last = -1;
  while (!context.signal?.aborted) {
    const now = context.now();
    // A timer may fire a little early; this check prevents the same code from being sent twice.
    const step = stepAt(now, period);
    if (step !== last) yield create(WatchTokenResponseSchema, { token: tokenMessage(key, step, 0, { at: now, now }) });
    last = step;
    const pause = Math.max(1, stepStart(step + 1, period) - context.now());
    await sleep(pause, undefined, { ref: false, ...(context.signal && { signal: context.signal }) }).catch(() => undefined);
  }
}
