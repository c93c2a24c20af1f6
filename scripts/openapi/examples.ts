/** Examples of each call. A test sends every request to the server and compares the answer. */
import { ADMIN_EXAMPLES } from './admin-examples.ts';
import type { Examples } from './shared.ts';

/** The secrets in the test vectors of the RFCs. */
const RFC_6238_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
/** The same secret, sealed under the bytes 0 to 31 for the context `user-1`: a test vector of docs/sealed-keys.md. */
const SEALED = {
  blob: 'otpk1_go4q06ChoqOkpaanqKmqq6ytrq9rDvDMr2izZDlQcP-s30wSCJpiXTEcwNdQxJkRvVNp1Md8eFQv6-QnFnWB-MmL',
  context: 'dXNlci0x',
};

/** A set from test/vectors/recovery-codes.json, bound to `user-1`. */
const RECOVERY_SET = {
  blob: 'otpr1_go4q06ChoqOkpaanqKmqq6ytrq_PKxgxsLoORRj7uoaPWSTHiBPLRUkzYyiuYh6ZjKvTjvfULgcvIfD_mptZmPcik-KxMYVkPVv15f9u75ajL6uhxbLTo6fNuuaEmhbRuCFEojaf7d8CHwKTyOwkD79n-b5NfRx-F4ZQJFYhnEMDJjT8oRe2s96jEBqcrufgCgSQpvnX2KIrxAbzhGRcsFyvQDhlfVvMntz1ETLCiGBhGw4SmimaIx-Hw213NQIS_C-OTYb5TGjwX64aM55rrVIJFLU0pooHHLaA',
  context: 'dXNlci0x',
};

/**
 * The examples of all calls, by method and name; method names are unique across services. Values that differ from call to call, such as times and new
 * secrets, are examples of their kind.
 */
export const EXAMPLES: Examples = {
  ...ADMIN_EXAMPLES,
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
    sealed: {
      summary: 'A sealed key to enrol, which Verify with confirm makes usable',
      request: {
        issuer: 'ACME',
        accountName: 'alice@example.com',
        qrCode: { format: 'QR_FORMAT_NONE' },
        delivery: 'SECRET_DELIVERY_SEALED',
        sealedContext: SEALED.context,
      },
      response: {
        uri: 'otpauth://totp/ACME:alice%40example.com?secret=WJLTIWCMSD7U25NOD4IM73CUBH5CPXTZ&issuer=ACME&algorithm=SHA1&digits=6&period=30',
        parameters: {
          type: 'OTP_TYPE_TOTP',
          algorithm: 'ALGORITHM_SHA1',
          digits: 6,
          periodSeconds: 30,
          issuer: 'ACME',
          accountName: 'alice@example.com',
          secretSize: 20,
        },
        sealed: { blob: SEALED.blob },
        sealedExpireTime: '2026-11-22T02:46:49Z',
      },
    },
  },
  Token: {
    sealed: {
      summary: 'The code of a sealed key, for which the API key needs the scope export too',
      request: { key: { sealed: SEALED }, at: '1970-01-01T00:00:59Z' },
      response: {
        token: {
          code: '287082',
          step: '1',
          validFrom: '1970-01-01T00:00:30Z',
          expireTime: '1970-01-01T00:01:00Z',
          remainingSeconds: 1,
          serverTime: '2026-11-21T02:46:49.770Z',
          type: 'OTP_TYPE_TOTP',
          algorithm: 'ALGORITHM_SHA1',
          digits: 6,
          periodSeconds: 30,
        },
      },
    },
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
        matchedKey: 0,
        serverTime: '2026-11-21T02:46:49.770Z',
      },
    },
    devices: {
      summary: "A code of the second of a user's devices: a test vector of RFC 4226, checked without consuming it",
      request: {
        key: { secret: 'JBSWY3DPEHPK3PXP' },
        alternatives: [{ secret: RFC_6238_SECRET, type: 'OTP_TYPE_HOTP', counter: '3' }],
        code: '969429',
        allowReuse: true,
      },
      response: {
        valid: true,
        status: 'VERIFY_STATUS_ACCEPTED',
        matchedStep: '3',
        driftSteps: 0,
        nextCounter: '4',
        attemptsRemaining: 5,
        matchedKey: 1,
        serverTime: '2026-11-21T02:46:49.770Z',
      },
    },
    malformed: {
      summary: "An end user's typing mistake",
      request: { key: { secret: RFC_6238_SECRET }, code: '12345' },
      response: { status: 'VERIFY_STATUS_MALFORMED', serverTime: '2026-11-21T02:46:49.770Z' },
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
              serverTime: '2026-11-21T02:46:49.770Z',
              matchedKey: 0,
            },
          },
          { response: { status: 'VERIFY_STATUS_MALFORMED', serverTime: '2026-11-21T02:46:49.770Z' } },
        ],
      },
    },
  },
  Seal: {
    stored: {
      summary: 'Keys that were stored in the clear: one is sealed, and one cannot be read',
      request: {
        items: [
          { key: { secret: RFC_6238_SECRET }, sealedContext: SEALED.context },
          { key: { secret: 'not base32!' }, sealedContext: 'dXNlci0y' },
        ],
      },
      response: {
        results: [
          {
            sealed: { blob: SEALED.blob },
            parameters: {
              type: 'OTP_TYPE_TOTP',
              algorithm: 'ALGORITHM_SHA1',
              digits: 6,
              periodSeconds: 30,
              secretSize: 20,
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
  Rewrap: {
    rotated: {
      summary: 'A sealed key under the current sealing key',
      request: { items: [{ key: SEALED }] },
      response: { results: [{ key: { blob: SEALED.blob } }] },
    },
  },
  ResyncHotp: {
    found: {
      summary: 'A device that has run ahead: two codes in a row, test vectors of RFC 4226',
      request: {
        key: { secret: RFC_6238_SECRET, type: 'OTP_TYPE_HOTP', counter: '0' },
        codes: ['287082', '359152'],
        requestId: '3d0d8c7e-0f3c-4f6b-9f0e-5b0f6e1d2c3b',
      },
      response: { valid: true, status: 'VERIFY_STATUS_ACCEPTED', matchedStep: '2', nextCounter: '3', attemptsRemaining: 5 },
    },
  },
  GenerateRecoveryCodes: {
    three: {
      summary: 'Three codes for the user to keep, and the set of them, bound to `user-1`, for the caller to store',
      request: { count: 3, sealedContext: RECOVERY_SET.context },
      response: {
        codes: ['M7GN-G9P5-VZX1-WS91', '7TQQ-M64J-JKHF-5DZS', '477E-2S2H-GB30-06Y8'],
        set: { blob: RECOVERY_SET.blob },
      },
    },
  },
  VerifyRecoveryCode: {
    recovery: {
      summary: 'A right code, as it may be typed',
      request: { set: RECOVERY_SET, code: 'm7gn g9p5 vzx1 ws91' },
      response: { valid: true, status: 'VERIFY_STATUS_ACCEPTED', remainingCount: 9, attemptsRemaining: 5 },
    },
    mistyped: {
      summary: "An end user's typing mistake",
      request: { set: RECOVERY_SET, code: 'M7GN-G9P5-VZX1-WS9' },
      response: { status: 'VERIFY_STATUS_MALFORMED' },
    },
  },
  RevokeRecoveryCodes: {
    revoke: { summary: 'A set that was replaced', request: { set: RECOVERY_SET }, response: {} },
  },
  ImportKeys: {
    migration: {
      summary: 'The first of two QR codes of Google Authenticator: the second was not scanned',
      request: {
        uris: [
          'otpauth-migration://offline?data=CjUKFDEyMzQ1Njc4OTAxMjM0NTY3ODkwEhFhbGljZUBleGFtcGxlLmNvbRoEQUNNRSABKAEwAhABGAIoKg%3D%3D',
        ],
      },
      response: {
        results: [
          {
            uri: 'otpauth://totp/ACME:alice%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME&algorithm=SHA1&digits=6&period=30',
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
        ],
        missingParts: [{ batchId: 42, index: 1, size: 2 }],
      },
    },
  },
  ExportKeys: {
    otpauth: {
      summary: 'Two keys as URIs, of which one has no name to export it under',
      request: {
        items: [
          { key: { secret: RFC_6238_SECRET }, issuer: 'ACME', accountName: 'alice@example.com' },
          { key: { secret: RFC_6238_SECRET } },
        ],
      },
      response: {
        uris: [
          'otpauth://totp/ACME:alice%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME&algorithm=SHA1&digits=6&period=30',
        ],
        results: [
          { uriIndex: 0 },
          {
            error: {
              code: 3,
              reason: 'ERROR_REASON_INVALID_FIELDS',
              message:
                'the request has invalid fields: account_name: is required: give a name for the account, such as an e-mail address',
              violations: [
                {
                  field: 'account_name',
                  description: 'is required: give a name for the account, such as an e-mail address',
                },
              ],
            },
          },
        ],
      },
    },
  },
  GetUsage: {
    unlimited: { summary: 'The usage of a plan without limits', request: {}, response: { plan: 'unlimited' } },
  },
};
