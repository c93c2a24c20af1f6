/** Refused connections in the log: at most one line per second for each bound, for any number of connections. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLog } from '../../src/observability/log.ts';
import { tellOfRefused } from '../../src/observability/refused-connections.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('each bound has a line with the number of a second, and begins again with the next', () => {
  const lines: string[] = [];
  const { logger } = createLog('info', { write: (text) => void lines.push(text) });
  const refused = tellOfRefused(logger, { maxConnections: 50, maxConnectionsPerAddress: 5 });
  const said = () => lines.splice(0).map((line) => JSON.parse(line));

  for (let count = 0; count < 3; count += 1) refused('maxConnections');
  refused('maxConnectionsPerAddress');
  vi.advanceTimersByTime(999);
  expect(said()).toEqual([]);
  refused('maxConnections');
  vi.advanceTimersByTime(1);
  expect(said()).toMatchObject([
    { refused: 4, most: 50, msg: expect.stringContaining('--max-connections ') },
    { refused: 1, most: 5, msg: expect.stringContaining('--max-connections-per-address ') },
  ]);

  refused('maxConnections');
  refused('maxConnections');
  vi.advanceTimersByTime(1000);
  expect(said()).toMatchObject([{ refused: 2, most: 50 }]);
});
