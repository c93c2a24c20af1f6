/** The scripts of a turn of the event loop go to Redis in a single write and in order, or not at all. */
import type { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import { type Connection, connect } from '../../src/store/redis/connection.ts';
import { bareScript, createRun, loadScripts, type ScriptCall } from '../../src/store/redis/script.ts';
import { type RedisServer, redisSuite } from '../support/redis.ts';
import { redisStarter } from './redis-fixtures.ts';

const CROWD = 50;
const APPEND = bareScript(`return redis.call('RPUSH', KEYS[1], ARGV[1])`);
const NUMBERS = Array.from({ length: CROWD }, (_, number) => number);

redisSuite('the scripts of one turn of the event loop', () => {
  const start = redisStarter();
  let server: RedisServer;
  let connection: Connection;
  beforeEach(async () => {
    server = await start();
    connection = await connect({ host: '127.0.0.1', port: server.port, tls: false, username: '', password: '', db: 0 }, {});
    await loadScripts(connection);
  });
  afterEach(async () => {
    await connection.close();
  });

  const append = (number: number, more?: Pick<ScriptCall, 'asking'>) =>
    createRun(connection)({ script: APPEND, keys: ['list'], args: [number], ...more });
  const appended = () => server.cli('lrange', 'list', '0', '-1').split('\n').filter(Boolean).map(Number);

  /** Returns the names of the commands in each later write. */
  function watchWrites(): readonly (readonly string[])[] {
    const writes: string[][] = [];
    const stream = connection.redis.stream as Writable;
    const { _write: write, _writev: writeAll } = stream;
    const nameOf = (command: unknown) => String(command).split('\r\n')[2] ?? '';
    vi.spyOn(stream, '_write').mockImplementation((chunk, encoding, callback) => {
      writes.push([nameOf(chunk)]);
      write.call(stream, chunk, encoding, callback);
    });
    vi.spyOn(stream, '_writev').mockImplementation((chunks, callback) => {
      writes.push(chunks.map(({ chunk }) => nameOf(chunk)));
      writeAll?.call(stream, chunks, callback);
    });
    return writes;
  }

  it('leave in one write, are carried out in their order, and each has its answer; so have those of the next', async () => {
    const writes = watchWrites();
    expect(await Promise.all(NUMBERS.map((number) => append(number)))).toEqual(NUMBERS.map((number) => number + 1));
    expect(await append(CROWD)).toBe(CROWD + 1);
    expect(appended()).toEqual([...NUMBERS, CROWD]);
    expect(writes).toEqual([Array(CROWD).fill('evalsha'), ['evalsha']]);
  });

  it('leave with nothing between an ASKING and the script that it is for', async () => {
    const writes = watchWrites();
    await Promise.all(NUMBERS.map((number) => append(number, { asking: number % 3 === 0 })));
    expect(appended()).toEqual(NUMBERS);
    expect(writes).toEqual([NUMBERS.flatMap((number) => (number % 3 === 0 ? ['asking', 'eval'] : ['evalsha']))]);
  });

  it('are never sent if the connection is abandoned before its end', async () => {
    const calls = NUMBERS.map((number) => append(number));
    connection.leave();
    for (const call of calls) await expect(call).rejects.toThrow(StoreUnavailableError);
    await expect.poll(() => connection.redis.status, { timeout: 5000 }).toBe('ready');
    await connection.redis.ping();
    expect(appended()).toEqual([]);
  });
});
