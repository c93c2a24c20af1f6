/** A request and its answer without a server: what is read of a request, what is bounded before it costs anything, and when an answer is sent. */
import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { Exchange, type HttpRequest, type HttpResponse } from '../../src/http/exchange.ts';
import { MAX_REQUEST_BYTES } from '../../src/rpc/bounds.ts';

/** Makes a request and a response with the members that an exchange uses, and the record of the response. */
function exchangeOf(headers: Record<string, string | string[]> = {}, { expectsContinue = false, isHttp2 = false } = {}) {
  const steps: string[] = [];
  const step = (name: string) => () => void steps.push(name);
  const request = Object.assign(new EventEmitter(), {
    ...{ headers, url: '/path?query', method: 'POST', complete: true },
    ...{ socket: { remoteAddress: '192.0.2.1', remotePort: 7 }, resume: step('resume') },
  });
  const response = Object.assign(new EventEmitter(), {
    headersSent: false,
    destroyed: false,
    writeContinue: step('continue'),
    writeHead: vi.fn<(status: number, headers: object) => void>(() => {
      response.headersSent = true;
    }),
    end: (body: string) => void steps.push(`end ${body}`),
    destroy: step('destroy'),
    ...(isHttp2 && { stream: new EventEmitter() }),
  });
  const exchange = new Exchange({
    request: request as unknown as HttpRequest,
    response: response as unknown as HttpResponse,
    expectsContinue,
    onAnswered: step('answered'),
  });
  return { exchange, request, response, steps };
}

describe('a header', () => {
  test.each([
    ['a', 'a'],
    [['a', 'b'], 'a, b'],
    ['', ''],
    ['~ !', '~ !'],
    ['caf\xe9', undefined],
    ['a\tb', undefined],
    ['a\x7f', undefined],
    [['a', '\xff'], undefined],
  ])('%j is read as %j', (value, expected) => {
    expect(exchangeOf({ 'x-request-id': value }).exchange.header('x-request-id')).toBe(expected);
  });

  test('that is not there is undefined', () => {
    expect(exchangeOf().exchange.header('x-request-id')).toBeUndefined();
  });

  test('of a proxy keeps the value that the proxy has appended, whatever its caller wrote before', () => {
    expect(exchangeOf({ 'x-forwarded-for': 'caf\xe9, 198.51.100.1' }).exchange.header('x-forwarded-for')).toBe(
      'caf?, 198.51.100.1',
    );
  });
});

describe('a body', () => {
  const chunk = Buffer.alloc(MAX_REQUEST_BYTES / 4);

  test.each([1, 2, 4])('of %i chunks within the bound is read whole', async (chunks) => {
    const { exchange, request } = exchangeOf();
    const reading = exchange.readBody();
    for (let n = 0; n < chunks; n += 1) request.emit('data', chunk);
    request.emit('end');
    expect(await reading).toHaveLength(chunks * chunk.length);
  });

  test('that is declared longer is refused before any of it is read, and before 100 Continue', async () => {
    const { exchange, request, steps } = exchangeOf(
      { 'content-length': String(MAX_REQUEST_BYTES + 1) },
      { expectsContinue: true },
    );
    await expect(exchange.readBody()).rejects.toMatchObject({ reason: 'message_too_large' });
    expect([request.listenerCount('data'), steps]).toEqual([0, []]);
  });

  test('that turns out to be longer is refused, and nothing more of it is kept', async () => {
    const { exchange, request } = exchangeOf();
    const reading = exchange.readBody();
    for (let n = 0; n < 4; n += 1) request.emit('data', chunk);
    request.emit('data', Buffer.alloc(1));
    await expect(reading).rejects.toMatchObject({ reason: 'message_too_large' });
    expect(request.listenerCount('data')).toBe(0);
  });

  test('is requested if the caller expects 100 Continue, and only when it is needed', async () => {
    const { exchange, request, steps } = exchangeOf({ 'content-length': String(MAX_REQUEST_BYTES) }, { expectsContinue: true });
    expect(steps).toEqual([]);
    const reading = exchange.readBody();
    expect(steps).toEqual(['continue']);
    request.emit('end');
    await reading;
  });
});

describe('an answer', () => {
  test('over HTTP/1.1 goes out at the end of its turn, with all others of it', async () => {
    const [one, other] = [exchangeOf(), exchangeOf()];
    for (const { exchange } of [one, other]) exchange.send(200, {}, 'text');
    expect([...one.steps, ...other.steps]).toEqual([]);
    await turn();
    expect([...one.steps, ...other.steps]).toEqual(['end text', 'answered', 'end text', 'answered']);
  });

  test('over HTTP/2 is sent at once: its connection itself combines answers', () => {
    const { exchange, steps } = exchangeOf({}, { isHttp2: true });
    exchange.send(200, {}, 'text');
    expect(steps).toEqual(['end text', 'answered']);
  });

  test('is the only one', async () => {
    const { exchange, response, steps } = exchangeOf();
    exchange.send(200, {}, 'first');
    exchange.send(500, {}, 'second');
    await turn();
    expect([response.writeHead.mock.calls.map(([status]) => status), steps]).toEqual([[200], ['end first', 'answered']]);
  });

  test('is not sent for a caller who has left, before it or in the same turn', async () => {
    const [before, meanwhile] = [exchangeOf(), exchangeOf()];
    before.response.destroyed = true;
    for (const { exchange } of [before, meanwhile]) exchange.send(200, {}, 'text');
    meanwhile.response.destroyed = true;
    await turn();
    expect([before.response.writeHead.mock.calls, before.steps, meanwhile.steps]).toEqual([[], [], []]);
  });

  test('of headers that cannot be sent cuts the caller off', () => {
    const { exchange, response, steps } = exchangeOf();
    response.writeHead.mockImplementation(() => {
      throw new TypeError('Invalid character in header content');
    });
    expect(() => exchange.send(200, { 'x-request-id': '\n' }, 'text')).toThrow(TypeError);
    expect(steps).toEqual(['destroy']);
  });

  test('before the request is complete discards the rest of it', async () => {
    const { exchange, request, steps } = exchangeOf();
    request.complete = false;
    exchange.send(413, {}, 'text');
    await turn();
    expect(steps).toEqual(['end text', 'answered', 'resume']);
  });
});
