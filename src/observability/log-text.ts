/** The log for a person at a terminal: the same lines as text instead of JSON. */

/** Members that every line has, or that are shown elsewhere in the line. */
const PLACED: ReadonlySet<string> = new Set([
  'level',
  'time',
  'msg',
  'method',
  'code',
  'reason',
  'outcome',
  'durationMs',
  'keyId',
  'err',
  'transport',
  'peer',
  'requestId',
]);
/** By pino's numbers. */
const LEVELS: Readonly<Record<number, string>> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
/** Control and format characters, which would control the terminal. */
const STEERING = /[\p{Cc}\p{Cf}]/gu;

type Members = Readonly<Record<string, unknown>>;

/** A stream that takes lines of JSON, and writes each to `stream` as text: `10:42:07  Verify  OK accepted  1.9 ms  Nk28eNvISIy8`. */
export function asText(stream: { write(text: string): unknown }): { write(text: string): void } {
  return {
    write(text) {
      const lines = text.split('\n').filter((line) => line !== '');
      stream.write(lines.map((line) => `${textOf(line)}\n`).join(''));
    },
  };
}

function textOf(line: string): string {
  const members = membersOf(line);
  if (members === undefined) return plain(line);
  const { time, msg, err } = members;
  const what = msg === 'call' ? describeCall(members) : `${levelOf(members)}  ${plain(msg)}`;
  const rest = Object.entries(members).filter(([name]) => !PLACED.has(name) && !(msg === 'call' && name === 'worker'));
  const more = rest.map(([name, value]) => `  ${name}=${plain(value)}`).join('');
  return `${clock(time)}  ${what}${more}${describeError(err)}`;
}

/** The method, the outcome, the duration and the id of the API key; for a failure also the request id, by which other logs have it. */
function describeCall(members: Members): string {
  const { method, code, reason, outcome, durationMs, keyId, requestId } = members;
  const why = reason === undefined ? outcome : String(reason).replace(/^ERROR_REASON_/, '');
  const parts = [
    ...(Number(members['level']) > 30 ? [levelOf(members)] : []),
    plain(method).replace(/^.*\//, '').padEnd(12),
    [code, why]
      .filter((word) => word !== undefined)
      .map(plain)
      .join(' ')
      .padEnd(16),
    `${Number(durationMs).toFixed(1)} ms`,
    ...(keyId === undefined ? [] : [plain(keyId)]),
    ...(code === 'OK' ? [] : [`request ${plain(requestId)}`]),
  ];
  return parts.join('  ');
}

function levelOf({ level }: Members): string {
  return LEVELS[Number(level)] ?? plain(level);
}

/** The time of day in the time zone of the terminal. */
function clock(time: unknown): string {
  const date = new Date(String(time));
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** The name of an error, and its stack frames, each on a line. */
function describeError(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { type, code, stack } = error as { type?: unknown; code?: unknown; stack?: unknown };
  const frames = Array.isArray(stack) ? stack.map((frame) => `\n            ${plain(frame)}`).join('') : '';
  return `  ${plain(type)}${code === undefined ? '' : ` (${plain(code)})`}${frames}`;
}

function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return (text ?? '').replace(STEERING, '\u{fffd}');
}

function membersOf(line: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Members) : undefined;
  } catch {
    return undefined;
  }
}
