/** Import this before a program: it prints the V8 flags that the program sets, and when it listens, among V8's trace output. */
import { syncBuiltinESMExports } from 'node:module';
import { Server } from 'node:net';
import v8 from 'node:v8';

const { setFlagsFromString } = v8;
v8.setFlagsFromString = (flags) => {
  setFlagsFromString(flags);
  process.stdout.write(`set ${flags}\n`);
};
syncBuiltinESMExports();

const { listen } = Server.prototype;
Server.prototype.listen = function (this: Server, ...options: unknown[]) {
  process.stdout.write('asks to listen\n');
  return Reflect.apply(listen, this, options) as Server;
};
