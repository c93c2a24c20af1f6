/** Traces without a configuration, or with an invalid one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { startChild } from '../support/child-server.ts';
import { createTestClient, methods } from '../support/client.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

/** Returns a module that logs every OpenTelemetry package that is loaded after it. `env` becomes the environment of the process. */
function preload(env: Readonly<Record<string, string>>): string {
  const text = `import { registerHooks } from 'node:module';
    Object.assign(process.env, ${JSON.stringify(env)});
    registerHooks({ resolve(name, context, next) {
      if (name.startsWith('@opentelemetry/')) process.stderr.write('loads ' + name + '\\n');
      return next(name, context);
    } });`;
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

/** Resolves to the OpenTelemetry packages that a server has loaded once it has answered a call. */
async function loadedBy(env: Readonly<Record<string, string>>, opsListen: string): Promise<{ loaded: string[]; log: string }> {
  await using server = await startChild({ preload: preload(env), args: ['--ops-listen', opsListen] });
  const client = createTestClient(server.address, server.apiKey);
  const answer = await client.call(methods.token, { key: { source: { case: 'secret', value: 'JBSWY3DPEHPK3PXP' } } });
  client.close();
  expect(answer.code).toBe('OK');
  // The lines of calls are written a little later.
  while (!server.log.some((line) => line.includes('"msg":"call"'))) await sleep(20);
  const names = server.log.filter((line) => line.startsWith('loads ')).map((line) => line.slice('loads '.length));
  return { loaded: [...new Set(names)].sort(), log: server.log.join('\n') };
}

test('nothing is loaded where no endpoint is set, and no line names a trace', async () => {
  const { loaded, log } = await loadedBy({ OTEL_SERVICE_NAME: 'logins', OTEL_TRACES_SAMPLER: 'always_on' }, 'off');
  expect(loaded).toEqual([]);
  expect(log).not.toContain('traceId');
});

test('nor with the operations door: the index of the library of the metrics would bring the interface of OpenTelemetry along', async () => {
  expect((await loadedBy({}, '127.0.0.1:0')).loaded).toEqual([]);
});

test('the library of traces is loaded where an endpoint is set', async () => {
  const { loaded, log } = await loadedBy(ENDPOINT, 'off');
  expect(loaded).toContain('@opentelemetry/sdk-trace-base');
  expect(loaded).toContain('@opentelemetry/exporter-trace-otlp-proto');
  expect(log).toContain('"traceId"');
});

describe('the variables of OpenTelemetry', () => {
  const traces = (env: Record<string, string>) => loadConfig({}, env).traces;

  test.each([
    [{}, false],
    [ENDPOINT, true],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector.example/v1/traces' }, true],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, false],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }, false],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'false' }, true],
    [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }, false],
    [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'otlp' }, true],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }, true],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf' }, true],
  ])('%j: %s', (env, isOn) => {
    expect(traces(env)).toBe(isOn);
  });

  test.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, 'OTEL_EXPORTER_OTLP_ENDPOINT: must be the URL of a collector'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'nowhere' }, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: must be the URL of a collector'],
    [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'OTEL_EXPORTER_OTLP_PROTOCOL: must be http/protobuf, or unset'],
    [
      { ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' },
      'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: must be http/protobuf, or unset',
    ],
  ])('%j is refused', (env, message) => {
    expect(() => traces(env)).toThrow(message);
  });
});
