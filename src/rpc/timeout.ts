/** Reads how long a caller waits from the headers of its protocol. */

/** At most ten digits (connectrpc.com/docs/protocol, Timeout). */
const CONNECT = /^\d{1,10}$/;
/** At most eight digits and a unit (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, Timeout). */
const GRPC = /^(\d{1,8})([HMSmun])$/;
const UNITS_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** The value of `connect-timeout-ms` in ms; NaN if it cannot be read. */
export function connectTimeout(text: string): number {
  return CONNECT.test(text) ? Number(text) : Number.NaN;
}

/** The value of `grpc-timeout` in ms; NaN if it cannot be read. */
export function grpcTimeout(text: string): number {
  const [, digits, unit = ''] = GRPC.exec(text) ?? [];
  return Number(digits) * (UNITS_MS[unit] ?? Number.NaN);
}
