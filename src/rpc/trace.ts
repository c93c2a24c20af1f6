/** The trace that a call is part of, as the lifecycle and its handlers know it: without any library of traces, which is loaded only where it is used. */

/** The parts of a call that have a span of their own. */
export type Part = 'charge' | 'judge';

/** The span of a call. */
export interface CallTrace {
  /** 32 hexadecimal digits (W3C Trace Context, trace-id). */
  readonly traceId: string;
  /** 16 hexadecimal digits (W3C Trace Context, parent-id). */
  readonly spanId: string;
  /** Whether the span is sent to the collector. */
  readonly isSampled: boolean;
  /** Begins the span of a part. A part that is under way goes on: the items of a batch wait for one judgement. */
  readonly begin: (part: Part) => void;
  /** Ends the span of a part, if it is under way. */
  readonly end: (part: Part, hasFailed?: boolean) => void;
}

/** Does `work`, in a span of its own if the call is traced. */
export function traced<T>({ trace }: { readonly trace?: CallTrace | undefined }, part: Part, work: () => Promise<T>): Promise<T> {
  if (trace === undefined) return work();
  trace.begin(part);
  return work().then(
    (result) => {
      trace.end(part);
      return result;
    },
    (error: unknown) => {
      trace.end(part, true);
      throw error;
    },
  );
}
