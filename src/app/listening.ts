/** Listening at an address of the configuration, and what is said if that cannot be. */
import { formatAddress, type ListenAddress } from '../config/listen-address.ts';

/** The system does not let us listen at an address that was asked for. */
export class CannotListenError extends Error {
  /** The setting to correct. */
  readonly flag: string;
  readonly address: string;

  constructor(flag: string, address: ListenAddress, cause: unknown) {
    super(`cannot listen on ${formatAddress(address)}`, { cause });
    this.name = 'CannotListenError';
    this.flag = flag;
    this.address = formatAddress(address);
  }
}

/** A server that can listen. */
export interface Listening {
  readonly listen: (host: string, port: number) => Promise<number>;
}

/** Listens; gives the port. Rejects with `CannotListenError` if the system does not let it. */
export async function listenAt(server: Listening, address: ListenAddress, flag: string): Promise<number> {
  try {
    return await server.listen(address.host, address.port);
  } catch (error) {
    // Only the system says so: a bound that cannot be installed is another matter.
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new CannotListenError(flag, address, error);
  }
}

/** Listens; gives the address in force, undefined if that cannot be at an address that nobody asked for. */
export async function listenUnlessTaken(
  server: Listening,
  address: ListenAddress & { readonly isDefault: boolean },
  flag: string,
): Promise<string | undefined> {
  try {
    const port = await listenAt(server, address, flag);
    return formatAddress({ ...address, port });
  } catch (error) {
    if (address.isDefault && error instanceof CannotListenError) return undefined;
    throw error;
  }
}
