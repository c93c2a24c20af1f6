/** The address that a server listens on. */
import { isIP } from 'node:net';
import { invalid } from '../otp/error.ts';

export interface ListenAddress {
  /** An IP address without brackets, or a host name. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

/** The addresses that the service listens on, with the actual ports. */
export interface Addresses {
  readonly grpc: string;
  /** Undefined if HTTP is off, or its default address was not available. */
  readonly http: string | undefined;
  /** Undefined if the operations door is off, its default address was not available, or another process serves it. */
  readonly ops: string | undefined;
}

/** Reads `host:port`, with brackets around IPv6. */
export function parseListen(text: string): ListenAddress {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (!host || port > 65_535) throw invalid('', 'not an address: use host:port, such as 127.0.0.1:50051 or [::1]:50051');
  return { host, port };
}

/** Reads the same, or `off` for no address. */
export function parseListenOrOff(text: string): ListenAddress | 'off' {
  return text === 'off' ? text : parseListen(text);
}

/** `host:port` as grpc-js takes it, with brackets around IPv6. */
export function formatAddress({ host, port }: ListenAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An address that connects to a server listening at `address`. */
export function reachableAt(address: string): string {
  return address.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
}

/** Whether only this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
