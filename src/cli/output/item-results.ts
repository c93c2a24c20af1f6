/** The outcomes of `otpd seal` and `otpd rewrap`: a line for each item in order, and errors with the number of their item. */
import { ErrorReasonSchema } from '../../../gen/ts/otp/v1/error_reason_pb.ts';
import type { ItemError } from '../../../gen/ts/otp/v1/item_error_pb.ts';
import type { Io } from '../io.ts';
import { EXIT } from './exit.ts';
import { paint, printable, writeLine } from './text.ts';

/** The outcome of an item: a blob of some kind, or an error. */
export type Outcome =
  | { readonly case: 'sealed' | 'key' | 'set'; readonly value: { readonly blob: string } }
  | { readonly case: 'error'; readonly value: ItemError }
  | { readonly case: undefined };

/**
 * Makes the printer of the outcomes: a blob, or an empty line for a failed item, so that output and input have the same lines. An error is printed on
 * standard error, and sets the exit code. With `json` the caller prints the outcomes.
 */
export function createOutcomes(io: Io, json: boolean): (outcome: Outcome) => void {
  let count = 0;
  return (outcome) => {
    count += 1;
    const blob = outcome.case === 'error' || outcome.case === undefined ? undefined : outcome.value.blob;
    if (blob === undefined) io.setExitCode(EXIT.unknown);
    if (json) return;
    writeLine(io.stdout, printable(blob ?? ''));
    if (outcome.case !== 'error') return;
    writeLine(
      io.stderr,
      `${paint(io, io.stderr, 'red', 'error:')} item ${count}: ${printable(describeItemError(outcome.value))}`,
    );
  };
}

/** Describes why an item failed. */
export function describeItemError({ message, violations, reason }: ItemError): string {
  const what = violations.map(({ field, description }) => `${field}: ${description}`).join('; ') || message;
  const name = ErrorReasonSchema.value[reason]?.localName;
  return name === undefined ? what : `${what} (${name})`;
}
