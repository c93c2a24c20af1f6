/** The first line of an HTTP/1.1 request, as bytes. If the rest of the request cannot be read, its target determines the form of the refusal. */
import type { Socket } from 'node:net';
import { MAX_METADATA_BYTES } from '../rpc/bounds.ts';

/** The end of the target may lie beyond the bound on a head. */
const LINE = /^[A-Z]+ (\S+)/;
/** A line that may continue. */
const BEGUN = /^[A-Z]+(?: [^\r\n]*)?\r?$/;

/** Returns the target of a request that begins in `bytes`. */
export function targetIn(bytes: Buffer | undefined): string | undefined {
  return LINE.exec(bytes?.toString('latin1', 0, MAX_METADATA_BYTES) ?? '')?.[1];
}

/**
 * Waits until a connection has sent the first line of a request, or other bytes. Calls `onLine` once with the target, and leaves all bytes to be
 * read. Calls it at once if the line is there, which is nearly always so.
 */
export function awaitRequestLine(socket: Socket, onLine: (target: string | undefined) => void): void {
  let head: Buffer = Buffer.alloc(0);
  const isWhole = (): boolean => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read())
      head = head.length === 0 ? (chunk as Buffer) : Buffer.concat([head, chunk as Buffer]);
    return head.includes('\n') || head.length > MAX_METADATA_BYTES || !BEGUN.test(head.toString('latin1'));
  };
  const goOn = (): void => {
    socket.unshift(head);
    onLine(targetIn(head));
  };
  if (isWhole()) {
    goOn();
    return;
  }
  const onReadable = (): void => {
    if (!isWhole()) return;
    socket.off('readable', onReadable);
    goOn();
  };
  socket.on('readable', onReadable);
}
