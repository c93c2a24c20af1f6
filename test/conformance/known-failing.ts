/** The cases that cannot pass, each with the words of the suite and the reason. A case that fails otherwise, or passes, fails the run. */

export type Mode = 'on' | 'off';

export interface KnownFailure {
  /** The names of the cases: `*` stands for one part between slashes, `**` for any number of them. */
  readonly cases: string;
  /** Whether they may pass as well, since two timers decide. */
  readonly mayPass?: true;
  /** The words of the suite, line by line. */
  readonly says: readonly RegExp[];
  readonly reason: string;
}

/** The words of the suite for an error whose code is right, and which has details that the suite did not ask for. */
const TWO_DETAILS = /^actual error contain 2 details; expecting 0$/;
const OUR_DETAILS =
  'The code is right. The suite wants an error without details; each of ours has ErrorInfo and RequestInfo, by contract.';

const ANSWERED = [/^expecting an error but received none$/, /^expecting 0 response messages but instead got 1$/];
const malformedInsteadOf = (code: string): RegExp =>
  new RegExp(`^actual error \\{code: 3 \\(invalid_argument\\), message: ".*"\\} does not match expected code ${code}$`);

const UNEXPECTED = 'gRPC Unexpected Requests/**';

export const KNOWN_FAILING: readonly KnownFailure[] = [
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
