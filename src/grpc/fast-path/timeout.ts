/** Reads `grpc-timeout`, the time that a caller gives a call (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */

const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const MS = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 } as const;

/** The time in ms; undefined for any other text. */
export function parseTimeout(text: string): number | undefined {
  const [, amount, unit] = TIMEOUT.exec(text) ?? [];
  return unit === undefined ? undefined : Number(amount) * MS[unit as keyof typeof MS];
}
