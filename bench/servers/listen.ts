/** Makes a server of the bench listen on a free loopback port until SIGTERM, and prints its address. */
import type { AddressInfo, Server as NetServer } from 'node:net';
import { type Server, ServerCredentials } from '@grpc/grpc-js';

/** Listens with a grpc-js server. */
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

/** Listens with a server of Node. */
export function listenHttp(server: NetServer, name: string): void {
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`${name} listens on 127.0.0.1:${(server.address() as AddressInfo).port}\n`);
  });
  process.once('SIGTERM', () => process.exit());
}
