/** Makes a grpc-js server of the bench listen, and says where. */
import { type Server, ServerCredentials } from '@grpc/grpc-js';

/** Listens on any free port of loopback until SIGTERM. */
export function listen(server: Server, name: string): void {
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${name} listens on 127.0.0.1:${port}\n`);
  });
  process.once('SIGTERM', () => {
    server.forceShutdown();
    process.exit();
  });
}
