/** The metrics of calls, counted at the end of each: its time, the codes that it checked, and the reason of its refusal. */
import type * as prom from 'prom-client';
import { type Code, CodeSchema } from '../../gen/ts/google/rpc/code_pb.ts';
import type { Call } from '../rpc/call.ts';
import type { Verdict } from '../rpc/context.ts';
import type { CallTrace } from '../rpc/trace.ts';
import { createBacklog } from './backlog.ts';
import { procedureName } from './procedure-name.ts';
import { Counter, Histogram } from './prom-client.ts';

const CODE_NAMES: ReadonlyMap<number, string> = new Map(CodeSchema.values.map(({ number, name }) => [number, name]));
/** In seconds. Most lie near the few milliseconds that a call takes; the last is the server's own limit for a call. */
const CALL_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const DRIFT_BUCKETS = [-10, -5, -2, -1, 0, 1, 2, 5, 10];

/** The parts of an ended call that are counted. To keep the call itself until then would also keep its connection and its buffers. */
interface Ended {
  readonly labels: { readonly rpc_method: string; readonly rpc_status_code: string; readonly rpc_system_name: string };
  readonly seconds: number;
  readonly exemplar: Record<string, string> | undefined;
  readonly verdicts: readonly Verdict[] | undefined;
  readonly reason: string | undefined;
  readonly refusedFor: Call['refusedFor'];
}

/** Registers the metrics of calls, and returns the function that counts the end of a call. With `hasExemplars` the durations name the sampled traces. */
export function countCalls(registers: prom.Registry[], hasExemplars: boolean): (call: Call, code: Code) => void {
  const ended = createBacklog(count);
  const collect = ended.flush;
  const calls = new Histogram({
    name: 'rpc_server_call_duration_seconds',
    help: 'Time from the first header of a call to its status, in seconds.',
    labelNames: ['rpc_method', 'rpc_status_code', 'rpc_system_name'],
    buckets: CALL_BUCKETS,
    enableExemplars: hasExemplars,
    // Registered below: the constructor refuses exemplars if one of the registries also serves the text format, which has none.
    registers: [],
    collect,
  });
  for (const registry of registers) registry.registerMetric(calls);
  const verifications = new Counter({
    name: 'otpd_verifications_total',
    help: 'Codes that were checked, by outcome and type of the key.',
    labelNames: ['outcome', 'type'],
    registers,
    collect,
  });
  const lockouts = new Counter({
    name: 'otpd_lockouts_total',
    help: 'Wrong codes after which the next code of a secret has to wait.',
    labelNames: ['type'],
    registers,
    collect,
  });
  const drift = new Histogram({
    name: 'otpd_drift_steps',
    help: 'How far the time step of an accepted TOTP was from the current one, in steps; negative for devices that are behind.',
    buckets: DRIFT_BUCKETS,
    registers,
    collect,
  });
  const limited = new Counter({
    name: 'otpd_rate_limited_total',
    help: 'Calls that a window of a plan had no room for.',
    labelNames: ['plan', 'window'],
    registers,
    collect,
  });
  const unauthenticated = new Counter({
    name: 'otpd_authentication_failures_total',
    help: 'Calls that were refused for their API key, by reason.',
    labelNames: ['reason'],
    registers,
    collect,
  });

  function count({ labels, seconds, exemplar, verdicts, reason, refusedFor }: Ended): void {
    if (!hasExemplars) calls.observe(labels, seconds);
    else calls.observe({ labels, value: seconds, exemplarLabels: exemplar ?? {} });
    if (verdicts !== undefined) {
      for (const { outcome, type, drift: steps, isLockout } of verdicts) {
        verifications.inc({ outcome, type });
        if (isLockout) lockouts.inc({ type });
        if (outcome === 'accepted' && steps !== undefined) drift.observe(steps);
      }
    }
    if (reason === undefined) return;
    if (refusedFor !== undefined) limited.inc(refusedFor);
    else if (AUTHENTICATION.has(reason)) unauthenticated.inc({ reason: reason.replace('ERROR_REASON_', '') });
  }

  return (call, code) => {
    const { reason, verdicts, refusedFor, trace } = call;
    const seconds = (performance.now() - call.startedAt) / 1000;
    const labels = {
      rpc_method: procedureName(call),
      rpc_status_code: CODE_NAMES.get(code) ?? '',
      rpc_system_name: call.transport,
    };
    const exemplar = exemplarOf(trace);
    ended.add({ labels, seconds, exemplar, verdicts, reason, refusedFor });
    // prom-client gives an exemplar the time at which it is counted, so that it cannot wait.
    if (exemplar !== undefined) ended.flush();
  };
}

const AUTHENTICATION: ReadonlySet<string> = new Set([
  'ERROR_REASON_API_KEY_MISSING',
  'ERROR_REASON_API_KEY_INVALID',
  'ERROR_REASON_AUTHENTICATION_THROTTLED',
  'ERROR_REASON_SCOPE_MISSING',
]);

/** The trace of a call, by which an operator finds it from a bucket; undefined if the trace is not sent to a collector. */
function exemplarOf(trace: CallTrace | undefined): Record<string, string> | undefined {
  return trace?.isSampled === true ? { trace_id: trace.traceId, span_id: trace.spanId } : undefined;
}
