/** What one call may take, whoever makes it. */

/** The longest a unary call, or the request of a stream, may take, in ms; a caller's shorter deadline is kept as well. */
export const DEADLINE_MS = 5000;

/** The longest message of a request, in bytes. */
export const MAX_REQUEST_BYTES = 65_536;
