/** The outcomes of `otpd seal` and `otpd rewrap`: a line each, in order, and the errors by the number of their item. */
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
 * Makes the printer of the outcomes: a blob, or an empty line for an item that failed, so that lines and items go together. A failure is told on
 * standard error, and is the exit code. With `json` the outcomes are printed by the caller.
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

/** In words why an item failed. */
export function describeItemError({ message, violations, reason }: ItemError): string {
  const what = violations.map(({ field, description }) => `${field}: ${description}`).join('; ') || message;
  const name = ErrorReasonSchema.value[reason]?.localName;
  return name === undefined ? what : `${what} (${name})`;
}
