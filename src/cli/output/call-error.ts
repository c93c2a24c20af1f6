/** Explains the error of a call to a person: what the server says, or what the connection says when the server says nothing. */
import { OtpError } from '../../../clients/typescript/src/index.ts';
import { DEFAULT_PLANS } from '../../limits/plans.ts';
import { CliError, type Failure } from './failure.ts';

/** A call that failed, as it is shown. */
export class CallError extends CliError {
  /** Whether the call may have had its effect all the same: an answer was lost, or never came. */
  readonly mayHaveRun: boolean;

  constructor(failure: Failure, mayHaveRun: boolean) {
    super(failure);
    this.mayHaveRun = mayHaveRun;
  }
}

/** The error to show for a failed call that may have used codes up under a request id: says how to ask for its answer again. */
export function withRequestId(error: unknown, requestId: string): unknown {
  if (!(error instanceof CallError) || !error.mayHaveRun) return error;
  const { failure } = error;
  const message = `${failure.message}; the code may be used up: the same command with --request-id ${requestId} tells`;
  return new CliError({ ...failure, message });
}

/** The codes that leave open whether the call was carried out. */
const OPEN_OUTCOMES: ReadonlySet<string> = new Set(['CANCELLED', 'UNKNOWN', 'DEADLINE_EXCEEDED', 'INTERNAL', 'UNAVAILABLE']);

/** The server that was called, and the setting that names it. */
interface Target {
  readonly address: string;
  readonly setting: string;
}

/** The error to show for a failed call to `target`; an aborted `signal` means that the user did not wait. */
export function explainCallError(error: OtpError, target: Target, signal: AbortSignal): CallError {
  const { code, reason, fieldViolations, retryDelayMs, requestId } = error;
  const failure: Failure = {
    code,
    reason,
    message: code === 'CANCELLED' && signal.aborted ? 'interrupted' : explain(error, target),
    violations: fieldViolations,
    retryAfterSeconds: retryDelayMs && Math.ceil(retryDelayMs / 1000),
    requestId,
    ...limitOf(error),
  };
  return new CallError(failure, mayHaveRun(error));
}

/** That a later try did not even reach the server does not undo the first. */
function mayHaveRun(error: OtpError): boolean {
  const open = OPEN_OUTCOMES.has(error.code) && whyUnreachable(error, '') === undefined;
  return open || (error.cause instanceof OtpError && mayHaveRun(error.cause));
}

/** The limit of the plan that a call ran into, and a command that gives another API key a larger one. */
function limitOf({ reason, metadata }: OtpError): Partial<Failure> {
  const { plan, window } = metadata;
  const limit = Number(metadata['limit']);
  if (!LIMITED.has(reason) || plan === undefined || window === undefined || !Number.isSafeInteger(limit)) return {};
  const larger = [...DEFAULT_PLANS.values()].find(({ windows }) => {
    const most = windows.find(({ name }) => name === window)?.limit ?? Number.POSITIVE_INFINITY;
    return DEFAULT_PLANS.has(plan) && most > limit;
  });
  const remedy = `a larger plan is given to a new API key: otpd keys create --name NAME --plan ${larger?.name ?? 'PLAN'}`;
  return { plan, window, limit, remedy };
}

const LIMITED: ReadonlySet<string | undefined> = new Set(['ERROR_REASON_RATE_LIMITED', 'ERROR_REASON_CREDITS_EXHAUSTED']);

function explain(error: OtpError, { address, setting }: Target): string {
  const { code, reason } = error;
  // Every error that is shown says so at its end.
  const message = error.message.replace(/; try again in [\d.]+ s$/, '');
  if (reason === 'ERROR_REASON_API_KEY_INVALID')
    return `${message} (it is in OTPD_API_KEY; \`otpd keys list\` shows the state of each)`;
  const { plan, window, limit } = limitOf(error);
  if (limit !== undefined) return `rate limit reached: ${limit} ${limit === 1 ? 'call' : 'calls'} per ${window} (plan ${plan})`;
  if (reason !== undefined) return message;
  const unreachable = whyUnreachable(error, setting);
  if (unreachable !== undefined) return `cannot reach otpd at ${address}: ${unreachable}`;
  if (code === 'DEADLINE_EXCEEDED') return `otpd at ${address} did not answer in time: try again, or allow more with --timeout`;
  if (code === 'UNAVAILABLE') return `the connection to otpd at ${address} was lost: try again`;
  return message;
}

/** Why no connection came about, from the wording of grpc-js; undefined if there was one. */
function whyUnreachable({ code, reason, message }: OtpError, setting: string): string | undefined {
  if (reason !== undefined || code !== 'UNAVAILABLE') return undefined;
  if (message.includes('ECONNREFUSED') || message.includes('ENOENT')) {
    return `is it running? start it with \`otpd serve\` or set ${setting}`;
  }
  if (message.startsWith('Name resolution failed')) return `the name cannot be resolved; set ${setting}`;
  if (!message.startsWith('No connection established')) return undefined;
  const last =
    /Last error: (?:\w*Error(?: \[\w+\])?: )?(.*?)(?: \(\d{4}-|\. Resolution note|$)/s.exec(message)?.[1] ?? 'no connection';
  const cause = /SSL routines:[^:]*:([^:]+)/.exec(last)?.[1] ?? last;
  return `${cause.trim()}; check --tls, --ca and --plaintext against what the server speaks`;
}
