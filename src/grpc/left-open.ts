/** Closes the streams of callers that go on sending behind the answer: grpc-js keeps them for as long as the connection lasts. */
import type { ServerHttp2Stream } from 'node:http2';

/** How long the rest of an answer, its trailers, and the end of the request may take from the end of its messages, in ms. */
const PATIENCE_MS = 1000;

/** Has the `stream`, which grpc-js serves, closed soon after the answer, whether its caller has ended the request or not. */
export function closeBehindAnswer(stream: ServerHttp2Stream): void {
  const onFinish = (): void => {
    if (stream.readableEnded) return;
    const timer = setTimeout(() => stream.close(), PATIENCE_MS);
    const onClose = (): void => clearTimeout(timer);
    stream.on('close', onClose);
  };
  stream.on('finish', onFinish);
}
