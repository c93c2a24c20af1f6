/** A stranger over raw sockets, with handmade HTTP/2 frames: no library would send them, and the test must not need much memory itself. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { http2Frame } from '../support/raw.ts';

/** The behaviour of the stranger on each connection. */
export type Attack = 'watch' | 'watch with 60 KB' | 'half-open calls' | 'flood of 60 KB';

const [DATA, HEADERS, SETTINGS, CONTINUATION] = [0, 1, 4, 9];
const [END_STREAM, END_HEADERS] = [1, 4];
/** The most that a frame may carry, unless settings say otherwise (RFC 9113 section 6.5.2). */
const FRAME_BYTES = 16_384;
/** The connections that are opened at once: far fewer than the system keeps for the server to accept, since it resets some of those beyond. */
const AT_ONCE = 50;
const PAUSE_MS = 20;

/** Encodes the length of a text in HPACK (RFC 7541 section 5.1), with a prefix of seven bits. */
function length(text: string): Buffer {
  if (text.length < 127) return Buffer.from([text.length]);
  const bytes = [127];
  let rest = text.length - 127;
  for (; rest >= 128; rest >>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** Encodes a header without adding it to a table. */
const header = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0]), length(name), Buffer.from(name), length(value), Buffer.from(value)]);

function request(stream: number, path: string, metadataBytes: number, flags = 0): Buffer {
  const post = Buffer.from([0x83, 0x86]);
  const named = { ':path': path, ':authority': 'x', 'content-type': 'application/grpc', te: 'trailers' };
  const metadata = metadataBytes === 0 ? {} : { 'x-a': 'a'.repeat(metadataBytes) };
  const block = Buffer.concat([post, ...Object.entries({ ...named, ...metadata }).map(([name, value]) => header(name, value))]);
  const frames: Buffer[] = [];
  for (let at = 0; at < block.length; at += FRAME_BYTES) {
    const last = at + FRAME_BYTES >= block.length ? END_HEADERS : 0;
    const [type, more] = at === 0 ? [HEADERS, flags] : [CONTINUATION, 0];
    frames.push(http2Frame(type, last | more, stream, block.subarray(at, at + FRAME_BYTES)));
  }
  return Buffer.concat(frames);
}

const PREFACE = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), http2Frame(SETTINGS, 0, 0, Buffer.alloc(0))]);
const WATCH = '/grpc.health.v1.Health/Watch';
const VERIFY = '/otp.v1.OtpService/Verify';
/** As many bytes of metadata as a call may have. */
const ALLOWED_BYTES = 7900;
const LARGE_BYTES = 60_000;

const streams = (count: number, from = 0): number[] => Array.from({ length: count }, (_, place) => 2 * (from + place) + 1);
const watch = (stream: number, bytes: number): Buffer =>
  Buffer.concat([request(stream, WATCH, bytes), http2Frame(DATA, END_STREAM, stream, Buffer.alloc(5))]);

/** The bytes that are sent first. */
const OPENING: Readonly<Record<Attack, Buffer>> = {
  watch: Buffer.concat(streams(10).map((stream) => watch(stream, 0))),
  'watch with 60 KB': Buffer.concat(streams(10).map((stream) => watch(stream, LARGE_BYTES))),
  'half-open calls': Buffer.concat(streams(100).map((stream) => request(stream, VERIFY, ALLOWED_BYTES))),
  'flood of 60 KB': Buffer.alloc(0),
};

/** Sends bytes while the connection lasts. */
async function goOn(socket: Socket, attack: Attack): Promise<void> {
  if (attack !== 'flood of 60 KB') return;
  for (let from = 0; !socket.destroyed && from < 500; from += 10) {
    for (const stream of streams(10, from)) socket.write(request(stream, VERIFY, LARGE_BYTES, END_STREAM));
    await sleep(PAUSE_MS);
  }
}

export interface Stranger {
  /** Returns the number of connections that the server has closed. */
  readonly closed: () => number;
  readonly leave: () => void;
}

/** Resolves when the server has answered on a connection, or closed it. */
const isAccepted = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('data', () => resolve()).once('close', () => resolve()));

/** Attacks a port of this machine over this many connections, from this many of its addresses in rotation. Resolves when the server has accepted all. */
export async function attackWith(attack: Attack, port: number, connections: number, addresses = 1): Promise<Stranger> {
  const sockets: Socket[] = [];
  let closed = 0;
  let accepted: Promise<void>[] = [];
  for (let count = 0; count < connections; count += 1) {
    const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (count % addresses)}` });
    sockets.push(socket);
    socket
      .on('error', () => undefined)
      .on('close', () => {
        closed += 1;
      });
    accepted.push(isAccepted(socket));
    socket.resume().write(Buffer.concat([PREFACE, OPENING[attack]]));
    void goOn(socket, attack);
    if (accepted.length < AT_ONCE) continue;
    await Promise.all(accepted);
    accepted = [];
  }
  await Promise.all(accepted);
  return {
    closed: () => closed,
    leave: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
