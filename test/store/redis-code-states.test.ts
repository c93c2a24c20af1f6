/** An operator's change in Redis takes two round trips, and is written only if the state has not changed between them. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { CodeStore } from '../../src/ports/codes.ts';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { createRedisCodes } from '../../src/store/redis/codes.ts';
import { type Connection, connect } from '../../src/store/redis/connection.ts';
import { oneSlotLayout } from '../../src/store/redis/layout.ts';
import { createRun, createRunAll } from '../../src/store/redis/script.ts';
import { createSession, identify } from '../../src/store/redis/session.ts';
import { START } from '../auth/fixtures.ts';
import { type RedisServer, redisSuite, startRedis } from '../support/redis.ts';
import { attempt, DAY, named, STEP } from './codes-fixtures.ts';

const PREFIX = '{otpd}:';

redisSuite('a change by an operator in Redis', () => {
  let server: RedisServer;
  let connection: Connection;
  /** A store without a delay between the two round trips. */
  let codes: CodeStore;
  /** The same store, which waits for `between` before each step that writes. */
  let held: CodeStore;
  let between: () => Promise<unknown>;

  beforeAll(async () => {
    server = await startRedis();
  });
  beforeEach(async () => {
    server.cli('flushall');
    const login = { tls: false, username: '', password: '', db: 0 };
    connection = await connect({ host: '127.0.0.1', port: server.port, ...login }, {});
    const layout = oneSlotLayout(PREFIX);
    const identified = () => identify(connection, layout.home);
    const { storeId } = await identified();
    const runners = { run: createRun(connection), runAll: createRunAll(connection) };
    const session = createSession(
      { ...runners, acknowledged: runners },
      { layout, identify: identified, storeId, onWarning: () => undefined, onLost: () => undefined, callerClock: true },
    );
    codes = createRedisCodes(session);
    held = createRedisCodes({
      ...session,
      async runAcknowledged(...call) {
        await between();
        return session.runAcknowledged(...call);
      },
    });
  });
  afterEach(() => connection.close());
  afterAll(() => server.stop());

  /** Returns a function that calls `what` the first time only. */
  function once(what: () => Promise<unknown>): () => Promise<unknown> {
    let isDone = false;
    return async () => {
      if (isDone) return undefined;
      isDone = true;
      return what();
    };
  }

  it('loses no concurrent claim', async () => {
    await codes.judge(attempt({ step: undefined }), START);
    between = once(() => codes.judge(attempt({ step: STEP }), START));
    expect(await held.unlock(named('key'), START)).toMatchObject({ failures: 0, tracks: [{ last: STEP }] });
    expect(await codes.judge(attempt({ step: STEP }), START)).toMatchObject({ outcome: 'replayed' });
  });

  it('is based on the concurrent claim', async () => {
    await codes.judge(attempt({ step: STEP + 5760 }), START + 2 * DAY);
    between = once(() => codes.judge(attempt({ step: STEP + 5761 }), START + 2 * DAY));
    const { before, after } = await held.reset(named('key'), START);
    expect(before).toMatchObject({ tracks: [{ first: STEP + 5760, last: STEP + 5761 }] });
    expect(after).toMatchObject({ tracks: [] });
  });

  it('takes a former state over once, if somebody else does so in between', async () => {
    server.cli('set', `${PREFIX}c:former-key`, `${STEP} 4 0 ${START + DAY}`);
    between = once(() => codes.judge(attempt({ step: undefined }), START));
    expect(await held.unlock(named('key'), START)).toMatchObject({ failures: 5, tracks: [{ last: STEP }] });
    expect(server.cli('exists', `${PREFIX}c:former-key`)).toBe('0');
    expect(await codes.judge(attempt({ step: STEP }), START)).toMatchObject({ outcome: 'replayed', attemptsRemaining: 5 });
  });

  it('fails if the state changes at every try', async () => {
    let step = STEP;
    await codes.judge(attempt({ step: undefined }), START);
    between = async () => {
      step += 1;
      await codes.judge(attempt({ step }), START);
      await codes.judge(attempt({ step: undefined }), START);
    };
    await expect(held.unlock(named('key'), START)).rejects.toThrow(StoreUnavailableError);
    expect((await codes.inspect(named('key'), START)).failures).toBe(1);
  });
});
