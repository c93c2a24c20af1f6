/**
 * Compares random parameter sets with OATH Toolkit's `oathtool`, an implementation that shares nothing with ours.
 *
 *     node scripts/oathtool.ts [count=2000] [--seed N]
 *
 * Exit code 0: all codes are equal; 1: a difference, printed with its parameters (test data, no one's secret); 2: could not compare.
 *
 * oathtool has HOTP with SHA1 only. HOTP with SHA256 or SHA512 is compared with its TOTP, a time step of 1 s and the counter as the time:
 * by RFC 6238 section 4.2 that is the same calculation. It has 6, 7 and 8 digits, any secret, and counters of 64 bits, as we need.
 */
import { execFile } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { isDeepStrictEqual, parseArgs, promisify } from 'node:util';
import { hotpCode } from '../src/otp/hotp.ts';
import { type Algorithm, BOUNDS, type OtpType } from '../src/otp/params.ts';
import { formatSecret, parseSecret } from '../src/otp/secret.ts';
import { stepAt } from '../src/otp/totp.ts';

/** The number of consecutive codes in each set. */
const CODES = 3;
/** The number of concurrent oathtool processes. */
const PARALLEL = 4;

interface ParameterSet {
  readonly type: OtpType;
  readonly algorithm: Algorithm;
  readonly digits: number;
  /** In seconds. */
  readonly period: number;
  /** The time in seconds since the epoch, or the counter. */
  readonly moment: number;
  readonly secret: string;
}

/** Draws the parameter set with a number. It depends only on the seed and the number, not on the count. */
function draw(seed: number, index: number): ParameterSet {
  const random = createHash('shake256', { outputLength: 144 }).update(`${seed}/${index}`).digest();
  const type = random.readUInt8(0) % 2 === 0 ? 'totp' : 'hotp';
  const algorithm = (['SHA1', 'SHA256', 'SHA512'] as const)[random.readUInt8(1) % 3] ?? 'SHA1';
  const size = 1 + (random.readUInt8(2) % BOUNDS.secret.max);
  // All magnitudes are equally likely: times up to the year 6325, counters up to 2^53.
  const bits = BigInt(random.readUInt8(3) % (type === 'totp' ? 38 : 54));
  const moment = Number(BigInt.asUintN(Number(bits), random.readBigUInt64BE(4)));
  return {
    type,
    algorithm,
    digits: 6 + (random.readUInt8(12) % 3),
    period: 1 + (random.readUInt16BE(13) % BOUNDS.period.max),
    moment: Math.min(moment, BOUNDS.counter.max - CODES),
    secret: formatSecret(random.subarray(16, 16 + size)),
  };
}

function ours({ type, algorithm, digits, period, moment, secret }: ParameterSet): string[] {
  const first = type === 'totp' ? stepAt(moment * 1000, period) : moment;
  return Array.from({ length: CODES }, (_, i) => hotpCode(parseSecret(secret), first + i, { algorithm, digits }));
}

async function theirs({ type, algorithm, digits, period, moment, secret }: ParameterSet): Promise<string[]> {
  const hotp = ['--hotp', `--counter=${moment}`];
  const totp = [`--totp=${algorithm}`, `--now=@${moment}`, `--time-step-size=${type === 'totp' ? period : 1}s`];
  const mode = type === 'hotp' && algorithm === 'SHA1' ? hotp : totp;
  const { stdout } = await promisify(execFile)('oathtool', [
    ...mode,
    `--digits=${digits}`,
    `--window=${CODES - 1}`,
    '--base32',
    secret,
  ]);
  return stdout.trim().split('\n');
}

/** Returns a difference as text, the first that is found; undefined if there is none. */
async function firstDifference(seed: number, count: number): Promise<string | undefined> {
  let next = 0;
  let difference: string | undefined;
  const work = async (): Promise<void> => {
    while (next < count && difference === undefined) {
      const set = draw(seed, next++);
      const [got, expected] = [ours(set), await theirs(set)];
      if (!isDeepStrictEqual(got, expected)) difference = JSON.stringify({ set, ours: got, oathtool: expected });
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return difference;
}

/** Prints the outcome and returns the exit code. */
async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, options: { seed: { type: 'string' } }, allowPositionals: true });
  const count = Number(positionals[0] ?? 2000);
  const seed = Number(values.seed ?? randomInt(2 ** 32));
  if (!(Number.isSafeInteger(count) && count > 0 && Number.isSafeInteger(seed))) {
    throw new Error('usage: node scripts/oathtool.ts [count=2000] [--seed N], both whole numbers');
  }
  const difference = await firstDifference(seed, count);
  process.stdout.write(
    difference === undefined
      ? `${count} parameter sets agree with oathtool, seed ${seed}\n`
      : `seed ${seed} differs: ${difference}\n`,
  );
  return difference === undefined ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${absent ? 'oathtool is not installed: apt-get install oathtool' : reason}\n`);
  process.exitCode = 2;
}
