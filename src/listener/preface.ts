/** Waits until a connection speaks: HTTP/2 begins with the preface of RFC 9113 section 3.4, and anything else is HTTP/1.1 or nothing of ours. */
import type { Socket } from 'node:net';

/** The protocols that a connection can begin to speak. */
export type Protocol = 'h2' | 'http/1.1';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const HTTP1 = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /;
const HINT = 'This address speaks gRPC, over HTTP/2 alone.\n';
const ANSWER = `HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-type: text/plain\r\ncontent-length: ${HINT.length}\r\nconnection: close\r\n\r\n${HINT}`;

/**
 * Calls `onSpeech` once, with all that has come still to be read. Bytes that do not begin like the preface count as HTTP/1.1 if `protocols` has
 * that; otherwise the connection is closed.
 */
export function awaitSpeech(socket: Socket, protocols: readonly Protocol[], onSpeech: (protocol: Protocol) => void): void {
  let head: Buffer = Buffer.alloc(0);
  const onReadable = (): void => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) head = Buffer.concat([head, chunk as Buffer]);
    const length = Math.min(head.length, PREFACE.length);
    if (length === 0) return;
    const isPreface = head.compare(PREFACE, 0, length, 0, length) === 0;
    if (isPreface && length < PREFACE.length) return;
    socket.off('readable', onReadable);
    if (isPreface || protocols.includes('http/1.1')) {
      socket.unshift(head);
      onSpeech(isPreface ? 'h2' : 'http/1.1');
    } else refuse(socket, head);
  };
  socket.on('readable', onReadable);
}

/** People who try the port with curl are told what it is. */
function refuse(socket: Socket, head: Buffer): void {
  if (HTTP1.test(head.toString('latin1', 0, 8))) socket.end(ANSWER);
  socket.destroySoon();
}
