/** Explains the error of a call to a person, from the answer of the server or, without an answer, from the state of the connection. */
import { OtpError } from '../../../clients/typescript/src/index.ts';
import { DEFAULT_PLANS } from '../../limits/plans.ts';
import { CliError, type Failure } from './failure.ts';

/** A call that failed, as it is shown. */
export class CallError extends CliError {
  /** Whether the call may have taken effect although it failed: its answer was lost, or never came. */
  readonly mayHaveRun: boolean;

  constructor(failure: Failure, mayHaveRun: boolean) {
    super(failure);
    this.mayHaveRun = mayHaveRun;
  }
}

/** The error for a failed call that may have used up codes under a request id; it says how to ask for the answer again. */
export function withRequestId(error: unknown, requestId: string): unknown {
  if (!(error instanceof CallError) || !error.mayHaveRun) return error;
  const { failure } = error;
  const message = `${failure.message}; the code may be used up: the same command with --request-id ${requestId} tells`;
  return new CliError({ ...failure, message });
}

/** The codes that do not tell whether the call was carried out. */
const OPEN_OUTCOMES: ReadonlySet<string> = new Set(['CANCELLED', 'UNKNOWN', 'DEADLINE_EXCEEDED', 'INTERNAL', 'UNAVAILABLE']);

/** The server that was called, the setting that names it, and whether it was called over TLS. */
interface Target {
  readonly address: string;
  readonly setting: string;
  readonly tls: boolean;
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

/** If a later try did not reach the server, the first may still have run. */
function mayHaveRun(error: OtpError): boolean {
  const open = OPEN_OUTCOMES.has(error.code) && !isUnreachable(error);
  return open || (error.cause instanceof OtpError && mayHaveRun(error.cause));
}

/** The limit that a call exceeded, and a command that makes an API key with a larger one. */
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

function explain(error: OtpError, { address, setting, tls }: Target): string {
  const { code, reason } = error;
  // Every error is shown with the wait at its end.
  const message = error.message.replace(/; try again in [\d.]+ s$/, '');
  if (reason === 'ERROR_REASON_API_KEY_INVALID')
    return `${message} (it is in OTPD_API_KEY; \`otpd keys list\` shows the state of each)`;
  const { plan, window, limit } = limitOf(error);
  if (limit !== undefined) return `rate limit reached: ${limit} ${limit === 1 ? 'call' : 'calls'} per ${window} (plan ${plan})`;
  if (reason !== undefined) return message;
  if (isUnreachable(error)) return `cannot reach otpd at ${address}: ${whyUnreachable(error.message, setting, tls)}`;
  if (code === 'DEADLINE_EXCEEDED') return `otpd at ${address} did not answer in time: try again, or allow more with --timeout`;
  if (code === 'UNAVAILABLE') return `the connection to otpd at ${address} was lost: try again`;
  return message;
}

/** Whether no connection came about, by the wording of grpc-js. */
function isUnreachable({ code, reason, message }: OtpError): boolean {
  if (reason !== undefined || code !== 'UNAVAILABLE') return false;
  return /ECONNREFUSED|ENOENT|^Name resolution failed|^No connection established/.test(message);
}

/** Why there is no connection, and what to do about it. */
function whyUnreachable(message: string, setting: string, tls: boolean): string {
  if (/ECONNREFUSED|ENOENT/.test(message)) return `is it running? start it with \`otpd serve\` or set ${setting}`;
  if (message.startsWith('Name resolution failed')) return `the name cannot be resolved; set ${setting}`;
  const last =
    /Last error: (?:\w*Error(?: \[\w+\])?: )?(.*?)(?: \(\d{4}-|\. Resolution note|$)/s.exec(message)?.[1] ?? 'no connection';
  const cause = (/SSL routines:[^:]*:([^:]+)/.exec(last)?.[1] ?? last)
    .replace(/; if the root CA is installed locally.*/s, '')
    .trim();
  return `${cause}; ${tls ? remedyWithTls(cause) : 'if the server uses TLS, call it with --tls, or with --ca and its root certificate'}`;
}

/** The remedy for a failed handshake, by the wording of Node and OpenSSL. */
function remedyWithTls(cause: string): string {
  if (/secure TLS connection|wrong version number|packet length too long/i.test(cause))
    return 'if the server uses no TLS, call it without --tls, --ca, OTPD_TLS and OTPD_CA';
  if (/self[- ]signed|unable to (?:get|verify)/i.test(cause))
    return 'give the root certificate of the server with --ca or OTPD_CA';
  if (/altnames/.test(cause)) return 'call the server by a name that its certificate has';
  if (/expired|not yet valid/.test(cause)) return 'the operator of the server must renew it';
  return 'check --tls, --ca, --cert and --key against what the server asks for';
}
