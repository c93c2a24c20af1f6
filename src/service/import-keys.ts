/** ImportKeys: reads keys from the URIs of other programs, and returns them as otpauth URIs or sealed keys. */
import { create } from '@bufbuild/protobuf';
import type { ItemError } from '../../gen/ts/otp/v1/item_error_pb.ts';
import type { SealedKey } from '../../gen/ts/otp/v1/key_pb.ts';
import {
  type ImportKeysRequest,
  type ImportKeysResponse,
  ImportKeysResponseSchema,
  type ImportResult,
  ImportResultSchema,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { InvalidInputError, invalid, Violations } from '../otp/error.ts';
import { isMigrationUri, lostParts, type MigrationPart, readMigration } from '../otp/migration.ts';
import { readUri } from '../otp/read-uri.ts';
import { fitLabel, formatUri, type KeyUri } from '../otp/uri.ts';
import type { CallContext } from '../rpc/context.ts';
import { createTurns } from '../rpc/work-queue.ts';
import { itemErrorOf, MOST_ITEMS, runItems } from './batch.ts';
import { type Delivery, readDelivery } from './delivery.ts';
import { parametersMessage } from './key-parameters.ts';
import { type SealingPort, sealKey } from './sealed-key.ts';

/** A key, or the reason why it cannot be imported, and its place in the request. */
interface Found {
  readonly uriIndex: number;
  readonly entryIndex: number;
  readonly entry: KeyUri | InvalidInputError;
  /** False for a URI that could not be read, since no key is charged then. */
  readonly isKey: boolean;
}

/** The content of the URIs. */
interface Reading {
  readonly found: readonly Found[];
  readonly parts: readonly MigrationPart[];
}

/** A key in the requested forms. */
interface Imported {
  readonly case: 'key';
  readonly key: KeyUri;
  readonly uri: string;
  readonly sealed: SealedKey | undefined;
}

/** Each turn of the event loop reads one URI: the longest take some tenths of a millisecond. */
const turns = createTurns();

/** Makes the handler. */
export function createImportKeys({
  sealing,
}: SealingPort): (request: ImportKeysRequest, context: CallContext) => Promise<ImportKeysResponse> {
  return async (request, context) => {
    const forms = checkRequest(request);
    const { found, parts } = await turns.run(readAll(request.uris), context.call);
    const keys = found.filter(({ isKey }) => isKey);
    const binding = { tenant: context.principal.tenant, context: request.sealedContext };
    const importOne = ({ entry }: Found): Imported => {
      if (entry instanceof InvalidInputError) throw entry;
      const now = context.now();
      const contents = { ...entry, createTime: Math.floor(now / 1000), pendingUntil: undefined };
      const sealed = forms.isSealed ? sealKey(sealing, contents, binding, now) : undefined;
      return { case: 'key', key: entry, uri: forms.isPlain ? formatUri(entry) : '', sealed };
    };
    // Without a key there is nothing to charge.
    if (keys.length === 0) context.giveBack(1);
    const outcomes = keys.length === 0 ? [] : await runItems(keys, context, importOne, { field: 'uris' });
    const byKey = new Map(keys.map((key, i) => [key, outcomes[i]]));
    const results = found.map((one) => {
      const outcome = byKey.get(one);
      return outcome?.case === 'key' ? resultOf(one, outcome) : failureOf(one, outcome?.value ?? itemErrorOf(one.entry));
    });
    return create(ImportKeysResponseSchema, { results, missingParts: lostParts(parts) });
  };
}

function checkRequest({ uris, ...rest }: ImportKeysRequest): Delivery {
  const violations = new Violations();
  if (uris.length === 0) violations.add('uris', `required: send 1 to ${MOST_ITEMS}`);
  if (uris.length > MOST_ITEMS) violations.add('uris', `too many: at most ${MOST_ITEMS} at once`);
  const forms = readDelivery(rest, violations);
  violations.throwIfAny();
  if (forms === undefined) throw new Error('a request without violations has a form');
  return forms;
}

/** Reads URIs until the bound on keys is reached. */
function* readAll(uris: readonly string[]): Generator<void, Reading> {
  const found: Found[] = [];
  const parts: MigrationPart[] = [];
  let keys = 0;
  for (const [uriIndex, uri] of uris.entries()) {
    if (uriIndex > 0) yield;
    const entries = readOne(uri, parts);
    if (entries instanceof InvalidInputError) found.push({ uriIndex, entryIndex: 0, entry: entries, isKey: false });
    else for (const [entryIndex, entry] of entries.entries()) found.push({ uriIndex, entryIndex, entry, isKey: true });
    keys += entries instanceof InvalidInputError ? 0 : entries.length;
    if (keys > MOST_ITEMS) throw invalid('uris', `must hold at most ${MOST_ITEMS} keys in all: send the others in another call`);
  }
  return { found, parts };
}

function readOne(uri: string, parts: MigrationPart[]): readonly (KeyUri | InvalidInputError)[] | InvalidInputError {
  try {
    if (!isMigrationUri(uri)) return [readOtpauth(uri)];
    const part = readMigration(uri);
    parts.push(part);
    return part.entries;
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return error;
  }
}

function readOtpauth(uri: string): KeyUri {
  const found = new Violations();
  const { secret, type, algorithm, digits, period = 0, counter, ...label } = readUri(uri, found);
  found.throwIfAny();
  if (secret === undefined || type === undefined || algorithm === undefined || digits === undefined) {
    throw new Error('a URI without violations is complete');
  }
  return { secret, parameters: { type, algorithm, digits, period }, counter, ...fitLabel(label) };
}

function resultOf({ uriIndex, entryIndex }: Found, { key, uri, sealed }: Imported): ImportResult {
  const parameters = parametersMessage(key);
  return create(ImportResultSchema, { uriIndex, entryIndex, uri, parameters, ...(sealed !== undefined && { sealed }) });
}

function failureOf({ uriIndex, entryIndex }: Found, error: ItemError): ImportResult {
  return create(ImportResultSchema, { uriIndex, entryIndex, error });
}
