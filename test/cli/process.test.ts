/** The program as a process: exit codes, signals, pipes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDouble } from '../support/double.ts';
import { type Real, startReal } from './real.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const SECRET = 'JBSWY3DPEHPK3PXP';
let server: Real;

beforeAll(async () => {
  server = await startReal();
});
afterAll(() => server[Symbol.asyncDispose]());

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env['PATH'], ...server.env, ...env } });
  const outcome = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    ([out, err, [code, signal]]) => ({
      out,
      err,
      code,
      signal,
    }),
  );
  return { child, outcome };
}

function run(args: readonly string[], stdin: string) {
  const { child, outcome } = start(args);
  child.stdin.end(stdin);
  return outcome;
}

async function firstOutput({ stdout }: ChildProcess): Promise<string> {
  return stdout === null ? '' : String((await once(stdout, 'data'))[0]);
}

describe.concurrent('a process', () => {
  it('exits 2 for wrong usage and for an empty standard input, 0 with a code', async () => {
    const [usage, empty, good] = await Promise.all([run(['token', '--digit'], ''), run(['token'], ''), run(['token'], SECRET)]);
    expect(usage).toMatchObject({
      code: 2,
      out: '',
      err: "error: unknown option '--digit' (Did you mean --digits?): see `otpd token --help`\n",
    });
    expect(empty).toMatchObject({ code: 2, out: '', err: 'error: standard input is empty: it should hold the secret\n' });
    expect(good).toMatchObject({ code: 0, out: expect.stringMatching(/^\d{6}\n$/), err: '' });
  });

  it('is found by npx in a checkout, and prints the answer alone', async () => {
    const options = { cwd: ROOT, env: { ...process.env, ...server.env, OTPD_SECRET: SECRET } };
    const child = spawn('npx', ['--no', 'otpd', 'token'], options);
    expect(await text(child.stdout)).toMatch(/^\d{6}\n$/);
  });

  it('ends a watch with 0 at Ctrl-C', async () => {
    const { child, outcome } = start(['watch', SECRET]);
    await firstOutput(child);
    child.kill('SIGINT');
    expect(await outcome).toMatchObject({ code: 0, signal: null, err: '' });
  });

  it('ends without an error when the reader of a watch closes the pipe', async () => {
    const { child, outcome } = start(['watch', SECRET, '--period', '1']);
    await firstOutput(child);
    child.stdout.destroy();
    expect(await outcome.catch(() => once(child, 'exit'))).toBeDefined();
    expect({ code: child.exitCode, signal: child.signalCode }).toEqual({ code: 0, signal: null });
  });

  it('exits 2 when Ctrl-C ends a verification', async () => {
    await using silent = await startDouble({ verify: [undefined] });
    const verifying = start(['verify', SECRET, '123456'], { OTPD_ADDRESS: silent.address });
    await expect.poll(() => silent.verified.length, { timeout: 20_000 }).toBe(1);
    verifying.child.kill('SIGINT');
    expect(await verifying.outcome).toMatchObject({
      code: 2,
      signal: null,
      err: expect.stringContaining('interrupted; the code may be used up'),
    });
  });
});
