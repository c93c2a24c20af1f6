/** Waits until a connection speaks HTTP/2: it has to begin with the preface of RFC 9113 section 3.4. */
import type { Socket } from 'node:net';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const HTTP1 = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /;
const HINT = 'This address speaks gRPC, over HTTP/2 alone.\n';
const ANSWER = `HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-type: text/plain\r\ncontent-length: ${HINT.length}\r\nconnection: close\r\n\r\n${HINT}`;

/** Calls `onPreface` once, with the preface still to be read; closes a connection that begins with anything else. */
export function awaitPreface(socket: Socket, onPreface: () => void): void {
  let head: Buffer = Buffer.alloc(0);
  const onReadable = (): void => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) head = Buffer.concat([head, chunk as Buffer]);
    const length = Math.min(head.length, PREFACE.length);
    if (head.compare(PREFACE, 0, length, 0, length) !== 0) {
      socket.off('readable', onReadable);
      refuse(socket, head);
    } else if (length === PREFACE.length) {
      socket.off('readable', onReadable);
      socket.unshift(head);
      onPreface();
    }
  };
  socket.on('readable', onReadable);
}

/** People who try the port with curl are told what it is. */
function refuse(socket: Socket, head: Buffer): void {
  if (HTTP1.test(head.toString('latin1', 0, 8))) socket.end(ANSWER);
  socket.destroySoon();
}
