/** Examples of the administration calls, on a server that test/openapi prepares with an API key, a locked secret and a ring. */
import type { Examples } from './shared.ts';

/** An API key in an answer. */
const API_KEY = {
  name: 'apiKeys/4fTq0bYdZk1N',
  displayName: 'billing',
  plan: 'plans/pro',
  tenant: 'default',
  scopes: ['token', 'verify'],
  createTime: '2026-01-05T09:00:00Z',
  etag: 'mZ1q3Q0cXkq8uVt5c0a7Jw',
};
const { name } = API_KEY;
/** Shortened, since a complete key would look like a leaked secret. */
const SECRET = 'otpd_4fTq0bYdZk1N_...';

/** The examples by method and name. */
export const ADMIN_EXAMPLES: Examples = {
  CreateApiKey: {
    created: {
      summary: 'A key for a service that checks codes, which ends by itself',
      request: {
        apiKey: { displayName: 'billing', plan: 'plans/pro', scopes: ['token', 'verify'], expireTime: '2099-01-01T00:00:00Z' },
      },
      response: { apiKey: { ...API_KEY, expireTime: '2099-01-01T00:00:00Z' }, secret: SECRET },
    },
  },
  GetApiKey: { get: { summary: 'A key, without its secret', request: { name }, response: { apiKey: API_KEY } } },
  ListApiKeys: {
    page: {
      summary: 'The oldest key, and how to go on',
      request: { pageSize: 1 },
      response: {
        apiKeys: [API_KEY],
        nextPageToken: 'pC1w0uPZ9kq7n5rQmYb3sVhXo2eTgJ8dLfA6iKzE4yN0tHcRvUxMjWlGqBaSDuPO1I5FwZ7n2kT9XbYe',
      },
    },
  },
  RotateApiKey: {
    rotate: {
      summary: 'A new secret; callers have a day to change over',
      request: { name, grace: '86400s' },
      response: { apiKey: API_KEY, secret: SECRET },
    },
  },
  RevokeApiKey: {
    revoked: {
      summary: 'The end of a key',
      request: { name },
      response: { apiKey: { ...API_KEY, revokeTime: '2026-11-21T02:46:49.770Z' } },
    },
  },
  GetApiKeyUsage: {
    usage: {
      summary: 'A key that was not used lately',
      request: { name },
      response: {
        plan: 'plans/pro',
        windows: [
          { window: 'minute', limit: '30' },
          { window: 'hour', limit: '1000' },
          { window: 'day', limit: '10000' },
        ],
      },
    },
  },
  ListPlans: {
    plans: {
      summary: 'The plans of a server without a file of plans',
      request: {},
      response: {
        plans: [
          { name: 'plans/free', minuteLimit: '5', hourLimit: '100', streamLimit: 100 },
          { name: 'plans/pro', minuteLimit: '30', hourLimit: '1000', dayLimit: '10000', streamLimit: 100 },
          { name: 'plans/ultra', minuteLimit: '100', hourLimit: '5000', streamLimit: 100 },
          { name: 'plans/unlimited', streamLimit: 100 },
        ],
      },
    },
  },
  ListSealingKeys: {
    ring: {
      summary: 'A ring of one key',
      request: {},
      response: {
        sealingKeys: [
          {
            id: '828e2ad3',
            state: 'STATE_SEALING',
            createTime: '2026-01-05T09:00:00Z',
            sealFromTime: '2026-01-05T09:00:00Z',
          },
        ],
      },
    },
  },
  GetServerStatus: {
    status: {
      summary: 'A server that is well, and six codes that it has checked',
      request: {},
      response: {
        storeReachable: true,
        outcomes: [
          { outcome: 'accepted', count: '1' },
          { outcome: 'mismatch', count: '5' },
        ],
      },
    },
  },
  GetAttempts: {
    locked: {
      summary: 'A HOTP that five wrong codes have locked, by its secret',
      request: { key: { secret: 'KRSXG5DTMVRXEZLUKRSXG5DTMVRXEZLU', type: 'OTP_TYPE_HOTP' } },
      response: {
        failureCount: 5,
        lockEndTime: '2026-11-21T02:47:49.770Z',
        usedSteps: [{ type: 'OTP_TYPE_HOTP', firstStep: '3', lastStep: '3' }],
      },
    },
    unused: {
      summary: 'A set of recovery codes that was never used, by the name that the audit trail has',
      request: { recoverySetName: 'F_5D0T0b8mixRHbABylO5A' },
      response: { usedCodeCount: 0 },
    },
  },
  UnlockAttempts: {
    unlock: {
      summary: 'The same HOTP by its fingerprint: it is judged again, and goes on from counter 3',
      request: { fingerprint: 'PfFG7s5zCx4gEYpJ0wBHJQ', forgetFutureSteps: true, nextCounter: '3' },
      response: { failureCount: 5, resetSteps: [{ type: 'OTP_TYPE_HOTP', lastStep: '3' }] },
    },
  },
};
