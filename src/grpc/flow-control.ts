/** Paces a stream of requests: the next one is handed on when the last answer has left, or a caller who never reads would fill the memory. */
import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';

/** The interceptor of calls with a stream of requests, such as reflection; it leaves others as they are. */
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
        // grpc-js reads no further until `nextMessage` is called.
        onReceiveMessage(message, nextMessage) {
          if (leaving) handOn = () => nextMessage(message);
          else nextMessage(message);
        },
      });
    },
  });
};
