/** The sealed keys of a request: opened for its caller, forgotten once it is answered, and sealed anew. */
import { create } from '@bufbuild/protobuf';
import { type SealedKey, SealedKeySchema } from '../../gen/ts/otp/v1/key_pb.ts';
import type { Violations } from '../otp/error.ts';
import type { Principal } from '../ports/principal.ts';
import { Rejection } from '../ports/rejection.ts';
import type { CallContext } from '../rpc/context.ts';
import { readKeyPayload, type SealedKeyContents, writeKeyPayload } from '../sealing/key-payload.ts';
import { type Binding, MAX_CONTEXT_BYTES, SealedBlobError, type SealedFormat, type Sealing } from '../sealing/sealing.ts';

/** The part of the service that keeps the sealing keys. */
export interface SealingPort {
  readonly sealing: Sealing;
}

/** How a request uses its sealed keys: `confirm` takes pending ones too, `disclose` gives codes or secrets away and needs the scope `export`. */
export type KeyUse = 'ordinary' | 'confirm' | 'disclose';

/** A sealed key, open. */
export interface OpenedKey extends SealedKeyContents {
  /** Whether it was sealed under another key than the one that seals now. */
  readonly isStale: boolean;
  /** To whom and what it is bound. */
  readonly binding: Binding;
}

/** The longest blobs, in characters. */
export const MAX_BLOB: Readonly<Record<SealedFormat, number>> = { otpk1: 1024, otpr1: 2048 };
/** How far the clocks of two instances may differ at the end of an enrolment, in ms. */
const EXPIRY_TOLERANCE_MS = 5 * 60_000;
/** How far ahead a key may have been sealed, in ms: beyond that a wrong clock has sealed it, and set the end of its enrolment. */
const FUTURE_TOLERANCE_MS = 60 * 60_000;

/** Notes what is wrong with a blob and its context as they were sent, for fields below `prefix`; opens nothing. */
export function checkBlob(
  found: Violations,
  prefix: string,
  format: SealedFormat,
  { blob, context }: { readonly blob: string; readonly context: Uint8Array },
): void {
  if (blob === '') found.add(`${prefix}blob`, 'required: set it to the blob as this service gave it');
  if (blob.length > MAX_BLOB[format]) found.add(`${prefix}blob`, `must be at most ${MAX_BLOB[format]} characters`);
  checkContext(found, `${prefix}context`, context);
}

/** Notes a context that is too long to bind a blob to. */
export function checkContext(found: Violations, field: string, context: Uint8Array): void {
  if (context.length > MAX_CONTEXT_BYTES) found.add(field, `must be at most ${MAX_CONTEXT_BYTES} bytes`);
}

/** Opens a blob, whose payload the caller zeroes. Throws `Rejection` (`sealed_key_invalid`, `sealing_key_unknown`), which names `field`. */
export function openBlob(
  sealing: Sealing,
  format: SealedFormat,
  blob: string,
  binding: Binding,
  field: string,
): ReturnType<Sealing['open']> {
  return refusing(field, () => sealing.open(format, blob, binding));
}

/** Seals a key. The message has no context: a caller that stores it whole would store the binding beside the blob. */
export function sealKey(sealing: Sealing, contents: SealedKeyContents, binding: Binding, now: number): SealedKey {
  const payload = writeKeyPayload(contents);
  try {
    return create(SealedKeySchema, { blob: sealing.seal('otpk1', payload, binding, now) });
  } finally {
    payload.fill(0);
  }
}

/** The key to store from now on, once a code of it was accepted: confirmed, and under the key that seals now; undefined if it is both already. */
export function reseal(sealing: Sealing, opened: OpenedKey | undefined, now: number): SealedKey | undefined {
  if (opened === undefined || (opened.pendingUntil === undefined && !opened.isStale)) return undefined;
  return sealKey(sealing, { ...opened, pendingUntil: undefined }, opened.binding, now);
}

/** Whether the time to confirm an enrolment is over; false for a key that is confirmed. */
export function isExpired({ pendingUntil }: Pick<SealedKeyContents, 'pendingUntil'>, now: number): boolean {
  return pendingUntil !== undefined && now > pendingUntil * 1000 + EXPIRY_TOLERANCE_MS;
}

/** Opens the sealed keys of one request. Their secrets, which are parts of the payloads, are zeroed when it is disposed of. */
export class KeyOpener implements Disposable {
  readonly #sealing: Sealing;
  readonly #principal: Principal;
  readonly #now: number;
  readonly #use: KeyUse;
  /** Made with the first sealed key: most requests have none. */
  #payloads: Uint8Array[] | undefined;
  #refusal: Rejection | undefined;

  constructor(sealing: Sealing, { principal }: Pick<CallContext, 'principal'>, now: number, use: KeyUse) {
    this.#sealing = sealing;
    this.#principal = principal;
    this.#now = now;
    this.#use = use;
  }

  /** Whether there is something to zero. */
  get isInUse(): boolean {
    return this.#payloads !== undefined;
  }

  /**
   * Opens a key that `checkBlob` found right. Throws `Rejection`: `scope_missing`, those of `openBlob`, `enrolment_pending` and
   * `enrolment_expired`; all but the first name `field`.
   */
  open({ blob, context }: SealedKey, field: string): OpenedKey {
    const { scopes, tenant } = this.#principal;
    if (this.#use === 'disclose' && !scopes.has('export'))
      throw new Rejection('scope_missing', { metadata: { scope: 'export' } });
    const binding: Binding = { tenant, context };
    const { payload, isStale } = openBlob(this.#sealing, 'otpk1', blob, binding, field);
    this.#payloads ??= [];
    this.#payloads.push(payload);
    const contents = refusing(field, () => readKeyPayload(payload));
    this.#checkTimes(contents, field);
    return { ...contents, isStale, binding };
  }

  /** Runs `read`, and holds the refusal of a sealed key back: the fields that are wrong elsewhere in the request are told first. */
  holdRefusal<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      this.#refusal ??= error;
      return undefined;
    }
  }

  /** Throws the first refusal that was held back. */
  throwIfRefused(): void {
    if (this.#refusal !== undefined) throw this.#refusal;
  }

  #checkTimes(contents: SealedKeyContents, field: string): void {
    const metadata = { field };
    if (contents.createTime * 1000 > this.#now + FUTURE_TOLERANCE_MS) throw new Rejection('sealed_key_invalid', { metadata });
    if (contents.pendingUntil === undefined || this.#use === 'confirm') return;
    throw new Rejection(isExpired(contents, this.#now) ? 'enrolment_expired' : 'enrolment_pending', { metadata });
  }

  [Symbol.dispose](): void {
    for (const payload of this.#payloads ?? []) payload.fill(0);
  }
}

/** Runs a handler, and disposes of the opener once the answer is there. An answer that is there at once stays so. */
export function whileOpen<T>(opener: KeyOpener, handle: (opener: KeyOpener) => T | Promise<T>): T | Promise<T> {
  let answer: T | Promise<T> | undefined;
  try {
    answer = handle(opener);
  } finally {
    if (!(answer instanceof Promise)) opener[Symbol.dispose]();
  }
  return answer instanceof Promise && opener.isInUse ? answer.finally(() => opener[Symbol.dispose]()) : answer;
}

/** Gives what cannot be opened the form of an error for the caller. Why it cannot is not told, but for a sealing key that is missing here. */
export function refusing<T>(field: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SealedBlobError)) throw error;
    const { reason, sealingKey } = error;
    throw new Rejection(reason, { metadata: { field, ...(sealingKey !== undefined && { sealing_key: sealingKey }) } });
  }
}
