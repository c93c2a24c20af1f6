/** Dependencies that differ from the tested versions: every bound still holds, or nothing is served. */
import { describe, expect, test } from 'vitest';
import { type ChildOptions, failToStart, startChild } from '../support/child-server.ts';
import { openConnection } from '../support/raw.ts';
import {
  askForToken,
  connectionsAreBounded,
  keylessCallsAreBounded,
  leftOpenStreamsAreClosed,
  metadataIsBounded,
  SMALL,
  type Target,
} from './bounds.ts';

const RENAMED = new URL('renamed-grpc-js.ts', import.meta.url).href;
/** Returns a module that replaces what Node reports before a part of otpd asks. */
const preload = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;
/** Subscribers of the channel are never called. */
const withoutChannel = (name: string): string =>
  preload(`import { channel } from 'node:diagnostics_channel';
Object.defineProperty(channel('${name}'), 'subscribe', { value: () => undefined });`);
const nodeOf = (version: string): string => preload(`Object.defineProperty(process.versions, 'node', { value: '${version}' });`);

const CASES: [string, ChildOptions, string][] = [
  ['grpc-js whose private names are other ones', { preload: RENAMED }, 'grpc-js is built otherwise than the tested release'],
  ['a Node that was not tested with', { preload: nodeOf('26.99.0') }, 'it was tested with node 26.10.0, and this is 26.99.0'],
];

describe.each(CASES)('with %s', (_, options, whyNot) => {
  const withServer = (args: readonly string[], check: (server: Target) => Promise<void>) => async () => {
    await using server = await startChild({ ...options, args });
    const said = server.log.map((line) => JSON.parse(line).msg).filter((msg) => msg.includes('fast path'));
    expect(said).toEqual([`the fast path is off: ${whyNot}`]);
    await check(server);
    const faults = server.log.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50);
    expect(faults).toEqual([]);
  };

  test(
    'calls are served, and streams, metadata and calls without a key are bounded',
    withServer([], async (server) => {
      const connection = await openConnection(server.address);
      expect((await askForToken(connection, server.apiKey)).code).toBe('OK');
      connection.destroy();
      await leftOpenStreamsAreClosed(server);
      await keylessCallsAreBounded(server);
      await metadataIsBounded(server);
    }),
  );

  const small = ['--max-connections', SMALL.maxConnections, '--max-connections-per-address', SMALL.maxConnectionsPerAddress];
  test('connections are bounded', withServer(small, connectionsAreBounded));
});

// A single test of these waits for the timeout of the start.
test.concurrent.each([
  ['http2.server.stream.finish', 'on'],
  ['http2.server.stream.finish', 'off'],
  ['http2.server.stream.created', 'on'],
  ['http2.server.stream.created', 'off'],
])('a Node that publishes nothing on %s serves nothing, with the fast path %s', async (name, fastPath) => {
  const { code, out, err } = await failToStart({ preload: withoutChannel(name), args: ['--fast-path', fastPath] });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toBe(
    'error: a bound on what strangers may do cannot be installed: run otpd on Node 24.2 or newer, with the grpc-js of its lock file\n',
  );
});

test('several workers say it once', async () => {
  const { code, out, err } = await failToStart({
    preload: withoutChannel('http2.server.stream.created'),
    args: ['--workers', '2'],
  });
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err.match(/^error: a bound on what strangers may do cannot be installed: .*$/gm)).toHaveLength(1);
});
