/** Examples of each call: a test sends every request to the server, and compares the answer. */
import type { Json } from './json-schema.ts';

/** A call that works, and its answer. */
export interface Example {
  readonly summary: string;
  readonly request: Json;
  readonly response: Json;
}

/** The secrets of the RFCs' own test vectors. */
const RFC_6238_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

/** By method and name. The time, a new secret and all else that differs from call to call is an example of its kind. */
export const EXAMPLES: Readonly<Record<string, Readonly<Record<string, Example>>>> = {
  Generate: {
    enrol: {
      summary: 'A new key for an account, without a picture',
      request: { issuer: 'ACME', accountName: 'alice@example.com', qrCode: { format: 'QR_FORMAT_NONE' } },
      response: {
        secret: 'WJLTIWCMSD7U25NOD4IM73CUBH5CPXTZ',
        secretGrouped: 'WJLT IWCM SD7U 25NO D4IM 73CU BH5C PXTZ',
        uri: 'otpauth://totp/ACME:alice%40example.com?secret=WJLTIWCMSD7U25NOD4IM73CUBH5CPXTZ&issuer=ACME&algorithm=SHA1&digits=6&period=30',
        token: {
          code: '074927',
          step: '59840973',
          validFrom: '2026-11-21T02:46:30Z',
          expireTime: '2026-11-21T02:47:00Z',
          remainingSeconds: 11,
          serverTime: '2026-11-21T02:46:49.770Z',
          type: 'OTP_TYPE_TOTP',
          algorithm: 'ALGORITHM_SHA1',
          digits: 6,
          periodSeconds: 30,
        },
        parameters: {
          type: 'OTP_TYPE_TOTP',
          algorithm: 'ALGORITHM_SHA1',
          digits: 6,
          periodSeconds: 30,
          issuer: 'ACME',
          accountName: 'alice@example.com',
          secretSize: 20,
        },
      },
    },
  },
  Token: {
    past: {
      summary: 'The code of a moment: a test vector of RFC 6238',
      request: { key: { secret: RFC_6238_SECRET, digits: 8 }, at: '1970-01-01T00:00:59Z' },
      response: {
        token: {
          code: '94287082',
          step: '1',
          validFrom: '1970-01-01T00:00:30Z',
          expireTime: '1970-01-01T00:01:00Z',
          remainingSeconds: 1,
          serverTime: '2026-11-21T02:46:49.770Z',
          type: 'OTP_TYPE_TOTP',
          algorithm: 'ALGORITHM_SHA1',
          digits: 8,
          periodSeconds: 30,
        },
      },
    },
  },
  Verify: {
    accepted: {
      summary: 'A right code, checked without consuming it: a test vector of RFC 4226',
      request: { key: { secret: RFC_6238_SECRET, type: 'OTP_TYPE_HOTP', counter: '3' }, code: '969 429', allowReuse: true },
      response: {
        valid: true,
        status: 'VERIFY_STATUS_ACCEPTED',
        matchedStep: '3',
        driftSteps: 0,
        nextCounter: '4',
        attemptsRemaining: 5,
      },
    },
    malformed: {
      summary: "An end user's typing mistake",
      request: { key: { secret: RFC_6238_SECRET }, code: '12345' },
      response: { status: 'VERIFY_STATUS_MALFORMED' },
    },
  },
  BatchToken: {
    past: {
      summary: 'Codes of two moments: test vectors of RFC 6238; and a mistake',
      request: {
        requests: [
          { key: { secret: RFC_6238_SECRET, digits: 8 }, at: '1970-01-01T00:00:59Z' },
          { key: { secret: RFC_6238_SECRET, digits: 8 }, at: '2005-03-18T01:58:29Z' },
          { key: { secret: 'not base32: 0189' } },
        ],
      },
      response: {
        results: [
          {
            response: {
              token: {
                code: '94287082',
                step: '1',
                validFrom: '1970-01-01T00:00:30Z',
                expireTime: '1970-01-01T00:01:00Z',
                remainingSeconds: 1,
                serverTime: '2026-11-21T02:46:49.770Z',
                type: 'OTP_TYPE_TOTP',
                algorithm: 'ALGORITHM_SHA1',
                digits: 8,
                periodSeconds: 30,
              },
            },
          },
          {
            response: {
              token: {
                code: '07081804',
                step: '37037036',
                validFrom: '2005-03-18T01:58:00Z',
                expireTime: '2005-03-18T01:58:30Z',
                remainingSeconds: 1,
                serverTime: '2026-11-21T02:46:49.770Z',
                type: 'OTP_TYPE_TOTP',
                algorithm: 'ALGORITHM_SHA1',
                digits: 8,
                periodSeconds: 30,
              },
            },
          },
          {
            error: {
              code: 3,
              reason: 'ERROR_REASON_INVALID_FIELDS',
              message: 'the request has invalid fields: key.secret: must be base32: the letters A to Z and the digits 2 to 7',
              violations: [{ field: 'key.secret', description: 'must be base32: the letters A to Z and the digits 2 to 7' }],
            },
          },
        ],
      },
    },
  },
  BatchVerify: {
    accepted: {
      summary: 'A right code, checked without consuming it: a test vector of RFC 4226; and a typing mistake',
      request: {
        requests: [
          { key: { secret: RFC_6238_SECRET, type: 'OTP_TYPE_HOTP', counter: '3' }, code: '969 429', allowReuse: true },
          { key: { secret: RFC_6238_SECRET }, code: '12345' },
        ],
      },
      response: {
        results: [
          {
            response: {
              valid: true,
              status: 'VERIFY_STATUS_ACCEPTED',
              matchedStep: '3',
              driftSteps: 0,
              nextCounter: '4',
              attemptsRemaining: 5,
            },
          },
          { response: { status: 'VERIFY_STATUS_MALFORMED' } },
        ],
      },
    },
  },
  Seal: { placeholder: { summary: 'To be written', request: {}, response: {} } },
  Rewrap: { placeholder: { summary: 'To be written', request: {}, response: {} } },
  ResyncHotp: { placeholder: { summary: 'To be written', request: {}, response: {} } },
  GenerateRecoveryCodes: { placeholder: { summary: 'To be written', request: {}, response: {} } },
  VerifyRecoveryCode: { placeholder: { summary: 'To be written', request: {}, response: {} } },
  RevokeRecoveryCodes: { placeholder: { summary: 'To be written', request: {}, response: {} } },
  ImportKeys: { placeholder: { summary: 'To be written', request: {}, response: {} } },
  ExportKeys: { placeholder: { summary: 'To be written', request: {}, response: {} } },
  GetUsage: {
    unlimited: { summary: 'The usage of a plan without limits', request: {}, response: { plan: 'unlimited' } },
  },
};
