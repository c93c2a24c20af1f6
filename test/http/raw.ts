/** Sends requests byte by byte, including requests that no HTTP client would send. */
import { type ClientHttp2Session, connect as connectHttp2, type OutgoingHttpHeaders } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { runningMs } from '../support/running-time.ts';

/** An answer; `status` is undefined if the connection or the stream ended without one. */
export interface Answer {
  readonly status: number | undefined;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly tookMs: number;
}

/** A connection that sends requests unchanged, and reads answers one after the other. */
export class RawConnection {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #isOver = false;

  constructor(port: number, localAddress = '127.0.0.1') {
    this.socket = connect({ host: '127.0.0.1', port, localAddress });
    this.socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.#isOver = true;
    });
  }

  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** Returns the received bytes that were not read as an answer. */
  get rest(): string {
    return this.#received.toString('latin1');
  }

  /** Reads an answer, which needs a `content-length` or the end of the connection. Skips informational answers (1xx). */
  async answer(): Promise<Answer> {
    const startedAt = runningMs();
    for (;;) {
      const found = this.#take();
      if (found !== undefined) return { ...found, tookMs: runningMs() - startedAt };
      if (this.#isOver) return { status: undefined, headers: {}, body: this.rest, tookMs: runningMs() - startedAt };
      await this.#more();
    }
  }

  /** Resolves at the next bytes or at the end. */
  #more(): Promise<void> {
    const { socket } = this;
    return new Promise((resolve) => {
      const goOn = (): void => {
        socket.off('data', goOn).off('close', goOn);
        resolve();
      };
      socket.on('data', goOn).on('close', goOn);
    });
  }

  #take(): Omit<Answer, 'tookMs'> | undefined {
    const text = this.#received.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    if (end === -1) return undefined;
    const [first = '', ...lines] = text.slice(0, end).split('\r\n');
    const status = Number(first.split(' ')[1]);
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const size = status < 200 ? 0 : Number(headers['content-length'] ?? (status === 204 ? 0 : Number.NaN));
    if (Number.isNaN(size) ? !this.#isOver : text.length < end + 4 + size) return undefined;
    const to = Number.isNaN(size) ? text.length : end + 4 + size;
    this.#received = this.#received.subarray(to);
    if (status < 200) return this.#take();
    return { status, headers, body: text.slice(end + 4, to) };
  }
}

/** Sends bytes on a new connection, and reads an answer. */
export async function send(port: number, bytes: string | Buffer): Promise<Answer> {
  const connection = new RawConnection(port);
  connection.write(bytes);
  try {
    return await connection.answer();
  } finally {
    connection.socket.destroy();
  }
}

/** Returns an HTTP/1.1 request. Adds a `content-length` for a body unless there is one, or a transfer coding. */
export function http1(line: string, headers: Readonly<Record<string, string>>, body: string | Buffer = ''): Buffer {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const isFramed = names.includes('content-length') || names.includes('transfer-encoding');
  const length = isFramed ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries({ host: 'localhost', ...headers, ...length }).map(([name, value]) => `${name}: ${value}`);
  return Buffer.concat([Buffer.from(`${line}\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body)]);
}

/** Opens an HTTP/2 connection without TLS. */
export function openHttp2(port: number): ClientHttp2Session {
  return connectHttp2(`http://127.0.0.1:${port}`).on('error', () => undefined);
}

/** Makes an HTTP/2 request. Without a body the stream stays open. */
export function http2(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body: string | Buffer | undefined,
): Promise<Answer> {
  const startedAt = runningMs();
  return new Promise((resolve) => {
    const stream = session.request(headers, { endStream: false });
    let answer: Readonly<Record<string, unknown>> = {};
    const chunks: Buffer[] = [];
    stream.on('response', (received) => {
      answer = received;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', () => undefined);
    stream.on('close', () => {
      const { ':status': status, ...rest } = answer;
      const body = Buffer.concat(chunks).toString('latin1');
      resolve({ status: status as number | undefined, headers: rest as never, body, tookMs: runningMs() - startedAt });
    });
    if (body !== undefined) stream.end(body);
  });
}
