/** Waits for the first bytes of a connection: HTTP/2 begins with the preface of RFC 9113 section 3.4; other bytes are HTTP/1.1 or unknown. */
import type { Socket } from 'node:net';

/** The protocols of a connection. */
export type Protocol = 'h2' | 'http/1.1';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const HTTP1 = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) /;
const HINT = 'This address speaks gRPC, over HTTP/2 alone.\n';
const ANSWER = `HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-type: text/plain\r\ncontent-length: ${HINT.length}\r\nconnection: close\r\n\r\n${HINT}`;

/**
 * Calls `onSpeech` once; the bytes so far are still to be read. Bytes that differ from the preface count as HTTP/1.1 if `protocols` includes it; otherwise
 * the connection is closed.
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

/** Answers an HTTP/1.1 request in words, for people who try the port with curl. */
function refuse(socket: Socket, head: Buffer): void {
  if (HTTP1.test(head.toString('latin1', 0, 8))) socket.end(ANSWER);
  socket.destroySoon();
}
