/** Bounds on a call, for any caller and any door. */

/** The longest a unary call, or the request of a stream, may take, in ms; a caller's shorter deadline is kept as well. */
export const DEADLINE_MS = 5000;

/** The longest message of a request, in bytes. */
export const MAX_REQUEST_BYTES = 65_536;

/** The most metadata of a call, names and values together, in bytes: it is kept for as long as the call is open. */
export const MAX_METADATA_BYTES = 8192;

/** A bound on what strangers may do does not hold on this Node, or with this release of a dependency. Nothing is then served. */
export class BoundNotInstalledError extends Error {
  constructor(cause: unknown) {
    super(
      'a bound on what strangers may do cannot be installed: run otpd on Node 24.2 or newer, with the grpc-js of its lock file',
      {
        cause,
      },
    );
    this.name = 'BoundNotInstalledError';
  }
}

/** How long a stream without an API key, such as a watch of the health, may stay open, in ms. */
export const UNAUTHENTICATED_STREAM_MS = 300_000;
