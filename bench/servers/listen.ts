/** Makes a server of the bench listen on any free port of loopback until SIGTERM, and says where. */
import type { AddressInfo, Server as NetServer } from 'node:net';
import { type Server, ServerCredentials } from '@grpc/grpc-js';

/** A grpc-js server. */
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

/** A server of Node's. */
export function listenHttp(server: NetServer, name: string): void {
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`${name} listens on 127.0.0.1:${(server.address() as AddressInfo).port}\n`);
  });
  process.once('SIGTERM', () => process.exit());
}
