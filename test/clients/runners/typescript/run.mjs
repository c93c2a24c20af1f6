/** Runs the cases of the scenario with the TypeScript client: see test/clients/README.md. */
import { readFileSync } from 'node:fs';
import { fromJson, toJson } from '@bufbuild/protobuf';
import { AdminService, connect, connectAdmin, OtpError, OtpService } from 'otpd-client';
import { callTogether } from './crowd.mjs';

const { servers, keys, cases, crowd = [] } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const clients = new Map();

for (const { name, steps } of cases) {
  const saved = {};
  for (const [index, step] of steps.entries()) {
    let result;
    for (let call = 0; call < (step.repeat ?? 1); call += 1) result = await run(step, saved);
    process.stdout.write(`${JSON.stringify({ case: name, step: index, ...result })}\n`);
    for (const [variable, path] of Object.entries(step.save ?? {})) {
      saved[variable] = path.split('.').reduce((inner, part) => inner?.[part], result.response);
    }
  }
}
await callTogether(clientOf(connect, 'plain', 'full', { batching: true }), crowd);
for (const client of clients.values()) client.close();

async function run({ rpc, server = 'plain', key = 'full', request, take, headers, closed, text, ...deadlines }, saved) {
  const isAdmin = rpc.startsWith('admin.');
  const method = (isAdmin ? AdminService : OtpService).methods.find(({ name }) => name === rpc.replace('admin.', ''));
  const filled = JSON.parse(JSON.stringify(request), (_, value) => (typeof value === 'string' ? fill(value, saved) : value));
  const message = fromJson(method.input, filled);
  try {
    let received = {};
    const options = { ...withDeadline(deadlines.deadline_ms), ...(headers && { onHeaders: (got) => (received = got) }) };
    const own = withDeadline(deadlines.client_deadline_ms);
    const open = isAdmin ? connectAdmin : connect;
    const client = closed ? opened(open, server, key, own) : clientOf(open, server, key, own);
    if (closed) client.close();
    if (rpc === 'GetUsage') return { code: 'OK', response: toJson(method.output, await client.getUsage(options)) };
    if (rpc !== 'WatchToken') {
      const response = toJson(method.output, await client[method.localName](message, options));
      const shown = headers && { headers: Object.fromEntries(headers.map((name) => [name, received[name]])) };
      return { code: 'OK', response, ...shown };
    }
    const messages = [];
    for await (const response of client.watchToken(message, options)) {
      if (messages.push(toJson(method.output, response)) === take) break;
    }
    return { code: 'OK', response: { messages } };
  } catch (error) {
    if (error instanceof TypeError) return { code: 'REFUSED', message: error.message };
    if (!(error instanceof OtpError)) throw error;
    return { code: error.code, error: describe(error), ...(text && { text: error.message }) };
  }
}

function clientOf(open, server, key, options) {
  const name = JSON.stringify([open.name, server, key, options]);
  if (!clients.has(name)) clients.set(name, opened(open, server, key, options));
  return clients.get(name);
}

function opened(open, server, key, options) {
  const { address, plaintext, ...files } = servers[server];
  const pems = Object.fromEntries(Object.entries(files).map(([part, file]) => [part, readFileSync(file)]));
  return open(address, keys[key], { plaintext: plaintext ?? !('ca' in pems), ...pems, ...options });
}

/** The option for a deadline, which may be `NaN` or `Infinity` in a string. */
function withDeadline(ms) {
  return ms === undefined ? {} : { deadlineMs: Number(ms) };
}

function describe({ reason = '', fieldViolations, retryDelayMs, requestId }) {
  const violations = fieldViolations.map(({ field }) => field).sort();
  return { reason, violations, retry_delay: retryDelayMs !== undefined, request_id: requestId !== undefined };
}

function fill(text, saved) {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, variable) => saved[variable]);
}
