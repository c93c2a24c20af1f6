/** The scenario in every language: each does what the cases expect, all do the same, and the wire shows how. */
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Case, casesFor, frozen, volatile, WITH_A_CONNECTION_EACH, WITH_BATCHING, WITHOUT_KEEPALIVE } from './cases.ts';
import { pairsOf, runCrowd } from './crowd.ts';
import { examplesOf, runExample, runFirstProgram } from './first-program.ts';
import { differences, type Json, steady } from './match.ts';
import type { SeenCall } from './proxy.ts';
import { buildRunner, type Line, RUNNERS, type Run, runCases } from './runner.ts';
import { PAUSE_MS } from './servers.ts';

const REQUIRED = ['typescript', 'go', 'python', 'java', 'kotlin', 'ruby', 'rust', 'cpp', 'php', 'scala'];
const chosen = process.env['OTPD_CLIENTS']?.split(',') ?? readdirSync(RUNNERS).sort();
/** The final answers of two callers with the same code. */
const ONCE = 'VERIFY_STATUS_ACCEPTED,VERIFY_STATUS_REPLAYED';
const missing: string[] = [];
const runs: (Run & { readonly cases: readonly Case[]; readonly left: Promise<Run> })[] = [];
// Runs before the tests are named, so that there is a test for each language and case, and none is skipped.
for (const language of chosen) {
  if (!(await buildRunner(language))) {
    missing.push(language);
    continue;
  }
  // Runs beside the other cases, since it waits for more than a minute.
  const left = runCases(language, WITHOUT_KEEPALIVE.has(language) ? [] : [frozen]);
  const cases = casesFor(language);
  runs.push({ ...(await runCases(language, cases)), cases, left });
}
if (missing.length > 0) process.stdout.write(`not tested, since their tools are not installed: ${missing.join(', ')}\n`);

/** The output of the programs for a second factor, in every language. The other programs verify a code. */
const SECOND_FACTOR =
  /^show as a QR code: otpauth:.*\nenrolled: VERIFY_STATUS_ACCEPTED\nthe same code again: VERIFY_STATUS_REPLAYED\na recovery code: VERIFY_STATUS_ACCEPTED with 9 left\n$/;

const stepsOf = (cases: readonly Case[]) =>
  cases.flatMap(({ name, steps }) => steps.map((step, index) => ({ ...step, case: name, index })));
const lineOf = ({ lines }: Run, name: string, index: number): Line | undefined =>
  lines.find((line) => line.case === name && line.step === index);

test('the languages that must be there are', () => {
  const tested = runs.map(({ language }) => language);
  if (process.env['CI'] === 'true') expect(tested).toEqual(expect.arrayContaining(REQUIRED));
  else expect(tested).not.toEqual([]);
});

describe.each(runs)('$language', (run) => {
  test('ran every step to the end', () => {
    expect({ exitCode: run.exitCode, lines: run.lines.length }, run.stderr).toEqual({
      exitCode: 0,
      lines: stepsOf(run.cases).length,
    });
  });

  test.each(run.cases)('$name', ({ name, steps }) => {
    const wrong = steps.flatMap(({ expect: expected }, index) => {
      const line = lineOf(run, name, index);
      return differences(expected, line as unknown as Json, line?.response, `step ${index}`);
    });
    expect(wrong).toEqual([]);
  });

  test('the first program of its README, in an empty project, verifies a code', async () => {
    const { exitCode, stdout, stderr } = await runFirstProgram(run.language);
    expect({ exitCode, lastLine: stdout.trimEnd().split('\n').at(-1) }, stderr).toEqual({
      exitCode: 0,
      lastLine: expect.stringContaining('ACCEPTED'),
    });
  });

  test.each(examplesOf(run.language))('%s does what it says', async (file) => {
    const { exitCode, stdout, stderr } = await runExample(run.language, file);
    const output = /second/i.test(file) ? SECOND_FACTOR : /^VERIFY_STATUS_ACCEPTED\b/;
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 0, stdout: expect.stringMatching(output) });
  });

  if (!WITHOUT_KEEPALIVE.has(run.language))
    test('notices that the peer of a stream has vanished', async () => {
      const { lines, stderr } = await run.left;
      expect(lines, stderr).toEqual([expect.objectContaining(frozen.steps[0]?.expect as object)]);
    });

  if (WITH_BATCHING.has(run.language))
    test('256 callers in batches have an answer each, and no code is accepted twice, though the server is killed', async () => {
      const { exitCode, stderr, tries, kills, log, after } = await runCrowd(run.language);
      expect({ exitCode, kills }, stderr).toEqual({ exitCode: 0, kills: 2 });
      const wrong = pairsOf(tries).filter((pair) => {
        const ends = pair.map((all) => all.at(-1)?.status).sort();
        return pair.some((all) => all.filter(({ code }) => code === 'OK').length !== 1) || ends.join() !== ONCE;
      });
      expect(wrong).toEqual([]);
      // These errors are allowed: such a try may have been judged or not.
      const failed = tries.filter(({ code }) => code !== 'OK').map(({ code }) => code);
      expect(failed.filter((code) => code !== 'UNAVAILABLE' && code !== 'DEADLINE_EXCEEDED')).toEqual([]);
      expect(new Set(after.map(({ outcome }) => outcome))).toEqual(new Set(['replayed']));
      expect(log.filter(({ method }) => method?.endsWith('/BatchVerify'))).not.toEqual([]);
    });

  test('nothing that lets others in is printed, nor logged by the server', () => {
    const keys = Object.values(run.servers.keys).filter((key) => key !== '');
    const log = run.servers.logs().join('');
    expect(log).toContain('/otp.v1.OtpService/Verify');
    for (const key of keys) expect(`${run.stdout}${run.stderr}${log}`).not.toContain(key.trim().slice(20));
    const secrets = run.stdout.match(/(?<="secret":\s*")[A-Z2-7]{16,}/g) ?? [];
    expect(secrets.length).toBeGreaterThan(5);
    for (const secret of [...secrets, 'GEZDGNBVGY3TQOJQ']) expect(`${run.stderr}${log}`).not.toContain(secret);
  });
});

describe.each(runs)('$language on the wire', ({ language, cases, servers: { proxies, keys } }) => {
  const steps = stepsOf(cases);
  const all = Object.values(proxies).flatMap(({ seen }) => seen);
  const repeatsOf = (seen: readonly SeenCall[], { path, body }: SeenCall) =>
    seen.filter((call) => call.path === path && call.body.equals(body));

  if (!WITH_A_CONNECTION_EACH.has(language))
    test('one connection for a client, however many calls', () => {
      const plain = steps.filter(({ server = 'plain' }) => server === 'plain');
      // The client of the administration has a separate connection.
      const used = new Set(plain.map(({ key = 'full', rpc }) => `${key} ${rpc.startsWith('admin.')}`));
      const connections = new Set(proxies.plain.seen.map(({ connection }) => connection));
      expect(connections.size).toBeLessThanOrEqual(used.size);
    });

  test('nothing that a client refuses, not even a connection', () => {
    expect(proxies.untouched.connections()).toBe(0);
  });

  test('a deadline of five seconds at most with every call that has one answer', () => {
    const unary = all.filter(({ path }) => !path.endsWith('/WatchToken'));
    expect(unary.length).toBeGreaterThan(100);
    for (const { headers } of unary) {
      const timeout = timeoutMs(String(headers['grpc-timeout']));
      expect(timeout).toBeGreaterThan(0);
      // The C core of gRPC rounds a timeout up to three digits, and adds some milliseconds.
      expect(timeout).toBeLessThanOrEqual(5050);
    }
  });

  test('the API key in the metadata, and nowhere else', () => {
    const known = new Set(Object.values(keys));
    for (const { headers, body, path } of all) {
      const { 'x-api-key': apiKey, authorization, ...others } = headers;
      expect(known).toContain(String(apiKey ?? authorization?.replace(/^bearer +/i, '') ?? ''));
      expect(`${path}${JSON.stringify(others)}${body.toString('latin1')}`).not.toContain('otpd_');
    }
  });

  test('a lost answer is asked for once more, with the same request', () => {
    expect(proxies.flaky.seen.length).toBeGreaterThan(0);
    for (const call of proxies.flaky.seen) expect(repeatsOf(proxies.flaky.seen, call)).toHaveLength(2);
    const verifies = proxies.flaky.seen.filter(({ path }) => path.endsWith('/Verify'));
    expect(new Set(verifies.map(({ body }) => body.toString('hex'))).size).toBe(3);
  });

  test('a pause that the server asks for is kept', () => {
    const firsts = proxies.busy.seen.filter(({ earlier }) => earlier === 0);
    expect(firsts).toHaveLength(2);
    for (const first of firsts) {
      const [, second] = repeatsOf(proxies.busy.seen, first);
      expect((second?.at ?? 0) - first.at).toBeGreaterThanOrEqual(PAUSE_MS - 5);
    }
  });

  test('a retry leaves the connection that the server leaves', () => {
    const firsts = proxies.leaving.seen.filter(({ earlier }) => earlier === 0);
    expect(firsts).toHaveLength(3);
    for (const first of firsts) {
      const [, second] = repeatsOf(proxies.leaving.seen, first);
      expect(second?.connection).toBeGreaterThan(first.connection);
    }
  });

  test('a server that is unreachable for a moment is called again, only once', () => {
    const verifies = proxies.restarting.seen.filter(({ path }) => path.endsWith('/Verify'));
    expect(verifies).toHaveLength(2);
    expect(repeatsOf(verifies, verifies[0] as SeenCall)).toHaveLength(2);
  });

  test('no retry over the limit, although the server says when to try again', () => {
    const calls = (key: string) => proxies.plain.seen.filter(({ headers }) => headers['x-api-key'] === keys[key]).length;
    expect({ limited: calls('limited'), planless: calls('planless') }).toEqual({ limited: 5, planless: 4 });
  });

  test('no retry where the server asks for none, nor after the deadline', () => {
    expect(proxies.closing.seen).toHaveLength(1);
    expect(proxies.dead.seen).toHaveLength(steps.filter(({ server }) => server === 'dead').length);
  });
});

describe.each(runs.slice(1))(`$language and ${runs[0]?.language}`, (run) => {
  const names = new Set(runs[0]?.cases.map(({ name }) => name));
  test.each(stepsOf(run.cases.filter(({ name }) => names.has(name))))(
    'return the same: $case, step $index',
    ({ case: name, index }) => {
      const [one, other] = [run, runs[0]].map((of) => of && lineOf(of, name, index)) as unknown as [Json, Json];
      expect(steady(one, volatile)).toEqual(steady(other, volatile));
    },
  );
});

/** Returns the header `grpc-timeout` in ms; NaN if it is malformed. */
function timeoutMs(text: string): number {
  const units: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
  const [, value, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  return Number(value) * (units[unit] ?? Number.NaN);
}
