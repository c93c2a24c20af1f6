/** The running of scripts: what is sent a second time, and what becomes of errors. */
import { ReplyError } from 'ioredis';
import { beforeEach, describe, expect, test } from 'vitest';
import { StoreUnavailableError } from '../../src/ports/store.ts';
import type { Connection } from '../../src/store/redis/connection.ts';
import { translate } from '../../src/store/redis/error.ts';
import { bareScript, createRun, createRunAll, type ScriptCall } from '../../src/store/redis/script.ts';

const CALL: ScriptCall = { script: bareScript('return 1'), keys: ['k'], args: [1] };

/** The commands so far. */
let asked: string[];
/** The replies to the next commands, or why there is none. */
let replies: unknown[];
beforeEach(() => {
  asked = [];
});

async function command(name: string): Promise<unknown> {
  asked.push(name);
  const reply = replies.shift();
  if (reply instanceof Error) throw reply;
  return reply;
}

const pipeline = {
  eval: () => void asked.push('eval'),
  evalsha: () => void asked.push('evalsha'),
  exec: async () => replies.map((reply) => (reply instanceof Error ? [reply, undefined] : [null, reply])),
};
const connection = {
  redis: {
    evalsha: () => command('evalsha'),
    eval: () => command('eval'),
    asking: () => command('asking'),
    pipeline: () => pipeline,
  },
  cork: () => undefined,
  answered: (answer: Promise<unknown>) => answer,
  translate,
} as unknown as Connection;

describe('a script', () => {
  const run = (...given: unknown[]) => {
    replies = given;
    return createRun(connection)(CALL);
  };

  test('that Redis knows is sent by its digest alone', async () => {
    expect(await run('done')).toBe('done');
    expect(asked).toEqual(['evalsha']);
  });

  test('that Redis does not know is sent by its text', async () => {
    expect(await run(new ReplyError('NOSCRIPT No matching script'), 'done')).toBe('done');
    expect(asked).toEqual(['evalsha', 'eval']);
  });

  test.each([new Error('Command timed out'), new ReplyError('OOM command not allowed')])(
    'that may have been carried out is not sent again: %s',
    async (error) => {
      await expect(run(error)).rejects.toThrow(StoreUnavailableError);
      expect(asked).toEqual(['evalsha']);
    },
  );

  test('for a slot that moves is sent by its text at once, behind the word for that', async () => {
    replies = ['OK', 'done'];
    expect(await createRun(connection)({ ...CALL, asking: true })).toBe('done');
    expect(asked).toEqual(['asking', 'eval']);
  });
});

test('of several calls each has its own reply or error, and the first alone brings the text', async () => {
  replies = ['done', new ReplyError('OOM command not allowed')];
  expect(await createRunAll(connection)([CALL, CALL, CALL])).toEqual([
    'done',
    expect.any(StoreUnavailableError),
    expect.any(StoreUnavailableError),
  ]);
  expect(asked).toEqual(['eval', 'evalsha', 'evalsha']);
});
