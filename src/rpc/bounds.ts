/** Bounds on every call, for any caller and any door. */

/** The longest time for a unary call, or for the request of a stream, in ms; a shorter deadline of the caller applies too. */
export const DEADLINE_MS = 5000;

/** The longest message of a request, in bytes. */
export const MAX_REQUEST_BYTES = 65_536;

/** The most metadata of a call, names and values together, in bytes; it is kept until the call ends. */
export const MAX_METADATA_BYTES = 8192;

/** A bound on strangers does not work on this Node, or with this release of a dependency. The server then refuses to start. */
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
