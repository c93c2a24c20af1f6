/** The cases that cannot pass, each with the output of the suite and the reason. A case that fails otherwise, or passes, fails the run. */

export interface KnownFailure {
  /** The names of the cases: `*` stands for one part between slashes, `**` for any number of them. */
  readonly cases: string;
  /** Whether they may pass as well, since two timers decide. */
  readonly mayPass?: true;
  /** The output of the suite, line by line. */
  readonly says: readonly RegExp[];
  readonly reason: string;
}

/** The output of the suite for an error with the right code and further details that the suite did not expect. */
const TWO_DETAILS = /^actual error contain 2 details; expecting 0$/;
const OUR_DETAILS =
  'The code is right. The suite wants an error without details; each of ours has ErrorInfo and RequestInfo, by contract.';

const ANSWERED = [/^expecting an error but received none$/, /^expecting 0 response messages but instead got 1$/];
const malformedInsteadOf = (code: string): RegExp =>
  new RegExp(`^actual error \\{code: 3 \\(invalid_argument\\), message: ".*"\\} does not match expected code ${code}$`);

const UNEXPECTED = 'gRPC Unexpected Requests/**';

export const GRPC: readonly KnownFailure[] = [
  {
    cases: 'Timeouts/**',
    mayPass: true,
    says: [TWO_DETAILS],
    reason: `${OUR_DETAILS} The client of the suite has the same timeout, and sees our error only if that is sooner.`,
  },
  { cases: `${UNEXPECTED}/no-request`, says: [TWO_DETAILS], reason: OUR_DETAILS },
  { cases: `${UNEXPECTED}/multiple-requests`, says: [TWO_DETAILS], reason: OUR_DETAILS },
  {
    cases: `${UNEXPECTED}/unexpected-compression`,
    says: [malformedInsteadOf('12 \\(unimplemented\\)'), TWO_DETAILS],
    reason:
      'The message is marked as not compressed, and compressed with zstd all the same. grpc-js looks at the mark first, hands the bytes on, and hides grpc-encoding from interceptors; they are no protobuf.',
  },
  {
    cases: `${UNEXPECTED}/unexpected-compressed-message`,
    says: ANSWERED,
    reason: 'grpc-js overlooks the mark of a compressed message where grpc-encoding is identity.',
  },
];

/** The suite does not know `google.rpc.RequestInfo`, so it cannot compare the JSON of that detail with its bytes. The spaces of this output vary. */
const UNKNOWN_DETAIL =
  /^connect error JSON: details\[1\]: could not check debug data because message type "google.rpc.RequestInfo" could not be resolved: proto:\s+not found$/;
const after = (says: RegExp): RegExp => new RegExp(says.source.replace('^', '^; '));
const COMPRESSED =
  'The message is marked as compressed without an encoding, which the suite wants called INTERNAL. What cannot be read is the fault of its caller, by contract.';

const WEB = 'gRPC-Web Unexpected Requests/**';
const CONNECT = 'Connect Unexpected Requests/**';

export const HTTP: readonly KnownFailure[] = [
  {
    cases: 'Timeouts/**/Protocol:PROTOCOL_GRPC_WEB/**',
    mayPass: true,
    says: [TWO_DETAILS],
    reason: `${OUR_DETAILS} The client of the suite has the same timeout, and sees our error only if that is sooner.`,
  },
  {
    cases: 'Timeouts/**/Protocol:PROTOCOL_CONNECT/**',
    mayPass: true,
    says: [UNKNOWN_DETAIL, after(TWO_DETAILS)],
    reason: `${OUR_DETAILS} The client of the suite has the same timeout, and sees our error only if that is sooner.`,
  },
  {
    cases: 'Timeouts/**/Protocol:PROTOCOL_CONNECT/**',
    mayPass: true,
    says: [UNKNOWN_DETAIL],
    reason: 'The client has timed out by itself, and the suite still looks at the answer.',
  },
  {
    cases: 'Unexpected Requests/**/Protocol:PROTOCOL_GRPC_WEB/**/unexpected-content-type',
    mayPass: true,
    says: [/^connect error JSON: unexpected end of JSON input$/],
    reason:
      'The status is right. The client of gRPC-Web does not read the body, which the suite still looks at: the content type of the request was of no protocol, and so the answer is in JSON.',
  },
  { cases: `${WEB}/unexpected-compression`, says: [TWO_DETAILS], reason: OUR_DETAILS },
  { cases: `${WEB}/no-request`, says: [TWO_DETAILS], reason: OUR_DETAILS },
  { cases: `${WEB}/multiple-requests`, says: [TWO_DETAILS], reason: OUR_DETAILS },
  {
    cases: `${WEB}/unexpected-compressed-message`,
    says: [malformedInsteadOf('13 \\(internal\\)'), TWO_DETAILS],
    reason: COMPRESSED,
  },
  { cases: `${CONNECT}/unexpected-compression`, says: [UNKNOWN_DETAIL, after(TWO_DETAILS)], reason: OUR_DETAILS },
  { cases: `${CONNECT}/no-request`, says: [UNKNOWN_DETAIL, after(TWO_DETAILS)], reason: OUR_DETAILS },
  { cases: `${CONNECT}/multiple-requests`, says: [UNKNOWN_DETAIL, after(TWO_DETAILS)], reason: OUR_DETAILS },
  {
    cases: `${CONNECT}/unexpected-compressed-message`,
    says: [UNKNOWN_DETAIL, after(malformedInsteadOf('13 \\(internal\\)')), TWO_DETAILS],
    reason: COMPRESSED,
  },
];
