/** The sealed keys of a request: opened for its caller, zeroed after the answer, and sealed again. */
import { create } from '@bufbuild/protobuf';
import { type SealedKey, SealedKeySchema } from '../../gen/ts/otp/v1/key_pb.ts';
import type { Violations } from '../otp/error.ts';
import type { Principal } from '../ports/principal.ts';
import { Rejection } from '../ports/rejection.ts';
import type { CallContext } from '../rpc/context.ts';
import { readKeyPayload, type SealedKeyContents, writeKeyPayload } from '../sealing/key-payload.ts';
import { type Binding, MAX_CONTEXT_BYTES, SealedBlobError, type SealedFormat, type Sealing } from '../sealing/sealing.ts';

/** Access to the sealing keys. */
export interface SealingPort {
  readonly sealing: Sealing;
}

/** The use of a sealed key: `confirm` accepts pending keys too; `disclose` reveals codes or secrets, and requires the scope `export`. */
export type KeyUse = 'ordinary' | 'confirm' | 'disclose';

/** An open sealed key. */
export interface OpenedKey extends SealedKeyContents {
  /** Whether it was sealed under an older sealing key than the current one. */
  readonly isStale: boolean;
  /** The tenant and the context that it is bound to. */
  readonly binding: Binding;
}

/** The longest blobs, in characters. */
export const MAX_BLOB: Readonly<Record<SealedFormat, number>> = { otpk1: 1024, otpr1: 2048 };
/** The tolerance for different clocks of two instances at the end of an enrolment, in ms. */
const EXPIRY_TOLERANCE_MS = 5 * 60_000;
/** How far in the future a key may have been sealed, in ms; a key from later was sealed, and its enrolment limited, by a wrong clock. */
const FUTURE_TOLERANCE_MS = 60 * 60_000;

/** Notes violations of a blob and its context, for fields below `prefix`; opens nothing. */
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

/** Notes a violation if a context is too long. */
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

/** Seals a key. The message has no context: a caller that stores the whole message would store the binding beside the blob. */
export function sealKey(sealing: Sealing, contents: SealedKeyContents, binding: Binding, now: number): SealedKey {
  const payload = writeKeyPayload(contents);
  try {
    return create(SealedKeySchema, { blob: sealing.seal('otpk1', payload, binding, now) });
  } finally {
    payload.fill(0);
  }
}

/** The key to store after one of its codes was accepted: confirmed, and under the current sealing key; undefined if the stored key is both already. */
export function reseal(sealing: Sealing, opened: OpenedKey | undefined, now: number): SealedKey | undefined {
  if (opened === undefined || (opened.pendingUntil === undefined && !opened.isStale)) return undefined;
  return sealKey(sealing, { ...opened, pendingUntil: undefined }, opened.binding, now);
}

/** Whether the enrolment of a key has expired; false for a confirmed key. */
export function isExpired({ pendingUntil }: Pick<SealedKeyContents, 'pendingUntil'>, now: number): boolean {
  return pendingUntil !== undefined && now > pendingUntil * 1000 + EXPIRY_TOLERANCE_MS;
}

/** Opens the sealed keys of one request. Disposing of it zeroes their secrets, which are views of the payloads. */
export class KeyOpener implements Disposable {
  readonly #sealing: Sealing;
  readonly #principal: Principal;
  /** When the request came, in ms since the epoch. */
  readonly now: number;
  readonly #use: KeyUse;
  /** Created with the first sealed key, since most requests have none. */
  #payloads: Uint8Array[] | undefined;
  #refusal: Rejection | undefined;

  constructor(sealing: Sealing, { principal }: Pick<CallContext, 'principal'>, now: number, use: KeyUse) {
    this.#sealing = sealing;
    this.#principal = principal;
    this.now = now;
    this.#use = use;
  }

  /** Whether there is something to zero. */
  get isInUse(): boolean {
    return this.#payloads !== undefined;
  }

  /**
   * Opens a key after `checkBlob`. Throws `Rejection`: `scope_missing`, those of `openBlob`, `enrolment_pending` and `enrolment_expired`; all but the first
   * name `field`.
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

  /** Runs `read` and holds back its refusal of a sealed key, so that violations elsewhere in the request come first. */
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
    if (contents.createTime * 1000 > this.now + FUTURE_TOLERANCE_MS) throw new Rejection('sealed_key_invalid', { metadata });
    if (contents.pendingUntil === undefined || this.#use === 'confirm') return;
    throw new Rejection(isExpired(contents, this.now) ? 'enrolment_expired' : 'enrolment_pending', { metadata });
  }

  [Symbol.dispose](): void {
    for (const payload of this.#payloads ?? []) payload.fill(0);
  }
}

/** Runs a handler, and disposes of the opener with its answer. A synchronous answer stays synchronous. */
export function whileOpen<T>(opener: KeyOpener, handle: (opener: KeyOpener) => T | Promise<T>): T | Promise<T> {
  let answer: T | Promise<T> | undefined;
  try {
    answer = handle(opener);
  } finally {
    if (!(answer instanceof Promise)) opener[Symbol.dispose]();
  }
  return answer instanceof Promise && opener.isInUse ? answer.finally(() => opener[Symbol.dispose]()) : answer;
}

/** Turns the failure to open a blob into an error for the caller. The error gives no reason, except for a sealing key that this server does not have. */
export function refusing<T>(field: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SealedBlobError)) throw error;
    const { reason, sealingKey } = error;
    throw new Rejection(reason, { metadata: { field, ...(sealingKey !== undefined && { sealing_key: sealingKey }) } });
  }
}
