/** GetApiKey and ListApiKeys. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { create } from '@bufbuild/protobuf';
import {
  type ApiKey,
  type GetApiKeyRequest,
  type GetApiKeyResponse,
  GetApiKeyResponseSchema,
  type ListApiKeysRequest,
  type ListApiKeysResponse,
  ListApiKeysResponseSchema,
} from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { invalid } from '../../otp/error.ts';
import type { CallContext } from '../../rpc/context.ts';
import { type ApiKeyPorts, apiKeyMessage, readName } from './api-key.ts';
import type { PageTokens } from './page-token.ts';

const DEFAULT_SIZE = 100;
const MOST = 1000;
/** The most bytes of a page, below the limit of an answer. */
const MOST_BYTES = 380_000;
/** The most bytes of a key without its display name. */
const KEY_BYTES = 330;
/** The messages made in one turn of the event loop, which takes half a millisecond. */
const MADE_AT_ONCE = 50;

/** Makes the handler of GetApiKey. */
export function createGetApiKey({ keys }: Pick<ApiKeyPorts, 'keys'>): (request: GetApiKeyRequest) => Promise<GetApiKeyResponse> {
  return async ({ name }) => create(GetApiKeyResponseSchema, { apiKey: apiKeyMessage(await keys.find(readName(name))) });
}

/** Makes the handler of ListApiKeys. */
export function createListApiKeys(
  { keys }: Pick<ApiKeyPorts, 'keys'>,
  tokens: PageTokens,
): (request: ListApiKeysRequest, context: CallContext) => Promise<ListApiKeysResponse> {
  return async ({ pageSize, pageToken, showInactive }, context) => {
    if (pageSize < 0) throw invalid('page_size', 'must not be negative: leave it unset for 100');
    const size = Math.min(pageSize || DEFAULT_SIZE, MOST);
    const fields = ['apiKeys', size, showInactive];
    const after = tokens.read(pageToken, fields);
    const { keys: found, next } = await keys.page(after, size, showInactive ? undefined : context.now());
    const apiKeys: ApiKey[] = [];
    let left = MOST_BYTES;
    for (const key of found) {
      left -= KEY_BYTES + Buffer.byteLength(key.name);
      // This key does not fit: the page ends with the key before it.
      if (left < 0) break;
      apiKeys.push(apiKeyMessage(key));
      if (apiKeys.length % MADE_AT_ONCE === 0) await nextTurn();
    }
    const end = apiKeys.length < found.length ? found[apiKeys.length - 1] : next;
    return create(ListApiKeysResponseSchema, { apiKeys, nextPageToken: end === undefined ? '' : tokens.write(end, fields) });
  };
}
