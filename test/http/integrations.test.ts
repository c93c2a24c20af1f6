/**
 * The requests of the n8n workflow, made as n8n makes them: with its expressions, evaluated on the data of the webhook and the answers of the API.
 */
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hotpCode } from '../../src/otp/hotp.ts';
import { parseSecret } from '../../src/otp/secret.ts';
import { stepAt } from '../../src/otp/totp.ts';
import { startServer, type TestServer } from '../support/server.ts';

interface Node {
  readonly name: string;
  readonly type: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly nodes: readonly Node[];
  readonly connections: Readonly<Record<string, { readonly main: readonly (readonly { readonly node: string }[])[] }>>;
  readonly settings: Readonly<Record<string, unknown>>;
}

const TEXT = readFileSync('examples/n8n/one-time-passwords.json', 'utf8');
const workflow = JSON.parse(TEXT) as Workflow;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ flags: { httpListen: '127.0.0.1:0' } });
});
afterAll(() => server.close());

/** Runs the nodes after the webhook at `path`; resolves to the answer of the last node. */
async function run(path: string, body: unknown): Promise<unknown> {
  let node = workflow.nodes.find(({ parameters }) => parameters['path'] === path);
  let $json: unknown = { body };
  for (;;) {
    const [next] = workflow.connections[node?.name ?? '']?.main[0] ?? [];
    node = workflow.nodes.find(({ name }) => name === next?.node);
    if (node === undefined) return $json;
    $json = await (node.type.endsWith('.httpRequest') ? request(node, $json) : JSON.parse(evaluate(node, 'responseBody', $json)));
  }
}

async function request({ parameters }: Node, $json: unknown): Promise<unknown> {
  const url = String(parameters['url']).replace('http://127.0.0.1:50080', server.httpUrl);
  const response = await fetch(url, {
    method: String(parameters['method']),
    headers: { 'content-type': 'application/json', 'x-api-key': server.apiKey },
    body: evaluate({ parameters } as Node, 'jsonBody', $json),
  });
  expect(response.status).toBe(200);
  return response.json();
}

/** Expressions have the form `={{ }}`. */
function evaluate({ parameters }: Node, name: string, $json: unknown): string {
  const [, expression = ''] = /^=\{\{(.*)\}\}$/.exec(String(parameters[name])) ?? [];
  return String(runInNewContext(expression, { $json }));
}

describe('the workflow for n8n', () => {
  test('enrols, accepts a code once, and gives the same answer again for the same request id', async () => {
    const enrolled = (await run('otp-enrol', { issuer: 'ACME', account: 'alice@example.com' })) as Record<string, string>;
    expect(enrolled).toEqual({
      secret: expect.stringMatching(/^[A-Z2-7]+$/),
      uri: expect.stringContaining('otpauth://totp/ACME:alice'),
      qr_code: expect.stringMatching(/^data:image\/png;base64,/),
    });
    const secret = enrolled['secret'] ?? '';
    const code = hotpCode(parseSecret(secret), stepAt(Date.now(), 30), { algorithm: 'SHA1', digits: 6 });
    const attempt = { secret, code, request_id: '2b0f6f4e-6f0d-4d7e-9c0a-0c8d6d2f1a55' };
    const accepted = { accepted: true, status: 'VERIFY_STATUS_ACCEPTED' };
    expect(await run('otp-verify', attempt)).toEqual(accepted);
    expect(await run('otp-verify', attempt)).toEqual(accepted);
    const again = { ...attempt, request_id: '2b0f6f4e-6f0d-4d7e-9c0a-0c8d6d2f1a56' };
    expect(await run('otp-verify', again)).toEqual({ accepted: false, status: 'VERIFY_STATUS_REPLAYED' });
  });

  test('keeps no executions, contains no key, and admits no caller without a credential', () => {
    expect(workflow.settings).toMatchObject({
      saveDataSuccessExecution: 'none',
      saveDataErrorExecution: 'none',
      saveManualExecutions: false,
    });
    expect(TEXT).not.toMatch(/otpk?_[A-Za-z0-9]/);
    const open = workflow.nodes.filter(
      ({ type, parameters }) => type.endsWith('.webhook') && parameters['authentication'] !== 'headerAuth',
    );
    expect(open).toEqual([]);
  });
});
