/** The trace of a call as the lifecycle and its handlers see it, without a library of traces, which is loaded only if it is used. */

/** The parts of a call that have their own span. */
export type Part = 'charge' | 'judge';

/** The span of a call. */
export interface CallTrace {
  /** 32 hexadecimal digits (W3C Trace Context, trace-id). */
  readonly traceId: string;
  /** 16 hexadecimal digits (W3C Trace Context, parent-id). */
  readonly spanId: string;
  /** Whether the span is sent to the collector. */
  readonly isSampled: boolean;
  /** Begins the span of a part. If the part is in progress, its span continues. */
  readonly begin: (part: Part) => void;
  /** Ends the span of a part, if it is in progress. */
  readonly end: (part: Part, hasFailed?: boolean) => void;
}

/** Runs `work`, in its own span if the call is traced. */
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
