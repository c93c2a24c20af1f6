/**
 * Paces a stream of requests: passes the next request on when the last answer was sent. Otherwise a caller that never reads would fill the memory.
 */
import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

/** The interceptor for calls with a stream of requests, such as reflection; it does not change others. */
export const pace: ServerInterceptor = ({ requestStream }, call) => {
  if (!requestStream) return call as ServerInterceptingCall;
  const sendMessage = call.sendMessage.bind(call);
  let leaving = false;
  let handOn: (() => void) | undefined;

  call.sendMessage = (message, callback) => {
    leaving = true;
    sendMessage(message, () => {
      leaving = false;
      handOn?.();
      handOn = undefined;
      callback();
    });
  };
  return new ServerInterceptingCall(call, {
    start(next) {
      next({
        // grpc-js reads further only when `nextMessage` is called.
        onReceiveMessage(message, nextMessage) {
          if (leaving) handOn = () => nextMessage(message);
          else nextMessage(message);
        },
      });
    },
  });
};
