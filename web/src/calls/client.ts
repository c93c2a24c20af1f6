/** The services, by the Connect protocol. */
import { type Client, createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-web';
import { AdminService } from '../../../gen/ts/otp/admin/v1/admin_service_pb.ts';
import { OtpService } from '../../../gen/ts/otp/v1/otp_service_pb.ts';

export type OtpClient = Client<typeof OtpService>;
export type AdminClient = Client<typeof AdminService>;

export interface Clients {
  readonly otp: OtpClient;
  readonly admin: AdminClient;
}

/** The state of the window of the plan that is nearest to exhaustion. */
export interface Quota {
  readonly limit: number;
  readonly remaining: number;
  /** The time until the window ends, in seconds. */
  readonly reset: number;
}

const DEADLINE_MS = 10_000;

/** Makes clients that send the key from `apiKey`, and call `onQuota` with the limits in each answer. */
export function createClients(apiKey: () => string, onQuota: (quota: Quota | undefined) => void): Clients {
  const authenticate: Interceptor = (next) => async (request) => {
    const key = apiKey();
    if (key !== '') request.header.set('x-api-key', key);
    const answer = await next(request);
    onQuota(quotaOf(answer.header));
    return answer;
  };
  const transport = createConnectTransport({
    baseUrl: location.origin,
    interceptors: [authenticate],
    fetch: (input, init) => fetch(input, { ...init, credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer' }),
  });
  return { otp: createClient(OtpService, transport), admin: createClient(AdminService, transport) };
}

/** The options of a unary call. */
export const UNARY = { timeoutMs: DEADLINE_MS } as const;

export function quotaOf(header: Headers): Quota | undefined {
  const read = (name: string) => Number(header.get(`x-ratelimit-${name}`) ?? Number.NaN);
  const quota = { limit: read('limit'), remaining: read('remaining'), reset: read('reset') };
  return Object.values(quota).some(Number.isNaN) ? undefined : quota;
}
