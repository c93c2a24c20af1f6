/** A call through any door, from its first header to its only status. */
import type { Admission } from '../limits/admission.ts';
import type { WindowState } from '../ports/store.ts';
import type { AnswerHeaders, Transport, Verdict } from './context.ts';
import type { Method } from './method.ts';
import type { CallTrace } from './trace.ts';

/**
 * The steps of a call in their only possible order; a failed call goes from any of them to the last. Only a call with several parts, whose number is known
 * after decoding, takes `charge_rest`.
 */
export const STEPS = ['begin', 'authenticate', 'charge', 'scope', 'decode', 'handle', 'charge_rest', 'end'] as const;
export type Step = (typeof STEPS)[number];

/** The part of a call that a door passes on before it reads the body. */
export interface Incoming {
  readonly transport: Transport;
  /** `/otp.v1.OtpService/Verify`; for a REST API the path of its call. */
  readonly procedure: string;
  /** The address at the other end of the connection, with its port. */
  readonly peer: string;
  /** The value of a header, by its name in lower case, several values joined by a comma and a space; undefined if it was not sent. */
  header(name: string): string | undefined;
  /** Whether names and values of the metadata together are more than `MAX_METADATA_BYTES`. */
  readonly isOversize: boolean;
  /** How long the caller waits, in ms; undefined if the caller did not say, NaN if the value cannot be read. */
  readonly timeoutMs: number | undefined;
  /** Whether more than one message may be sent in either direction. */
  readonly isStream: boolean;
}

/** A call in progress: the source of its log line, its headers and its status. */
export class Call {
  readonly transport: Transport;
  readonly procedure: string;
  /** Undefined for a service without API keys, such as health, and for a call of a REST API, which chooses its methods later. */
  readonly method: Method | undefined;
  /** The caller's address and port for the log; only the address for a caller behind a trusted proxy. */
  readonly peer: string;
  /** The address at the other end of the connection, with its port: that of a proxy, if there is one. */
  readonly connection: string;
  /** The caller's `x-request-id`, or a new one. */
  readonly requestId: string;
  /** `performance.now()` at the first header. */
  readonly startedAt: number = performance.now();
  /** Makes the door answer with an error; does nothing once the call has ended. */
  readonly fail: (error: unknown) => void;
  /** Sends the headers of the answer at once; set by a door that can do so. */
  sendHeaders: (() => void) | undefined = undefined;
  /** Metadata that the handler adds to the headers, until they are sent, and to the trailers of its answer. */
  addedHeaders: AnswerHeaders | undefined = undefined;
  addedTrailers: AnswerHeaders | undefined = undefined;
  /** Set once the call is admitted. */
  admission: Admission | undefined = undefined;
  /** The id of the API key, once known. */
  keyId: string | undefined = undefined;
  /** The window nearest to exhaustion; undefined on a plan without limits. */
  quota: WindowState | undefined = undefined;
  /** The share of the credits that the caller is warned of, in percent; undefined for none. */
  creditShare: number | undefined = undefined;
  /** The name of the `ErrorReason` of a failed call. */
  reason: string | undefined = undefined;
  /** The plan and the window that had no room for the call. */
  refusedFor: { readonly plan: string; readonly window: string } | undefined = undefined;
  /** The verdicts on its codes. */
  verdicts: Verdict[] | undefined = undefined;
  /** Its span; undefined where calls are not traced. */
  trace: CallTrace | undefined = undefined;
  /** A fault of the server, for the log. */
  fault: unknown = undefined;
  /** Set with the first status. No other status is sent. */
  ended = false;
  /** Releases the permits that the call holds; called once, at the end. */
  release: (() => void) | undefined = undefined;
  /** Fires at the deadline. */
  timer: NodeJS.Timeout | undefined = undefined;
  /** How long the caller waits, in ms from the start; Infinity if the caller did not say. */
  readonly timeoutMs: number;
  /** The mistake in the headers for which the call is refused. */
  refusal: Error | undefined = undefined;
  readonly #incoming: Incoming;
  #step: Step = 'begin';

  constructor(incoming: Incoming, { peer, requestId, method }: Pick<Call, 'peer' | 'requestId' | 'method'>, fail: Call['fail']) {
    this.#incoming = incoming;
    this.connection = incoming.peer;
    this.timeoutMs = incoming.timeoutMs ?? Number.POSITIVE_INFINITY;
    this.transport = incoming.transport;
    this.procedure = incoming.procedure;
    this.method = method;
    this.peer = peer;
    this.requestId = requestId;
    this.fail = fail;
  }

  /** A header of the request, by its name in lower case. */
  header(name: string): string | undefined {
    return this.#incoming.header(name);
  }

  /** When the caller stops waiting, in ms since the epoch. */
  get deadline(): number {
    return Date.now() + this.timeoutMs - (performance.now() - this.startedAt);
  }

  /** The step taken last. */
  get step(): Step {
    return this.#step;
  }

  /** Whether a handler has been given the request. */
  get wasHandled(): boolean {
    return STEPS.indexOf(this.#step) >= STEPS.indexOf('handle');
  }

  /** Returns to the step before the scope check after the call was handled: a call of a REST API may need several methods. */
  takeAgain(): void {
    if (this.#step === 'handle') this.#step = 'charge';
  }

  /** Takes the next step. Throws if it does not follow the previous step: a door that skips admission must not get an answer. */
  take(step: Step): void {
    const at = STEPS.indexOf(step);
    if (step !== 'end' && STEPS[at - 1] !== this.#step) throw new Error(`the step ${step} cannot follow ${this.#step}`);
    this.#step = step;
  }
}
