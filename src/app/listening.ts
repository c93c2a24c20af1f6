/** Listens at an address of the configuration; a failure names the setting. */
import { formatAddress, type ListenAddress } from '../config/listen-address.ts';

/** The system does not allow the process to listen at a configured address. */
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

/** Listens; resolves to the port. Rejects with `CannotListenError` if the system does not allow it. */
export async function listenAt(server: Listening, address: ListenAddress, flag: string): Promise<number> {
  try {
    return await server.listen(address.host, address.port);
  } catch (error) {
    // Other errors, such as a bound that cannot be installed, do not come from the system.
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new CannotListenError(flag, address, error);
  }
}

/** Listens; resolves to the address, or to undefined if a default address is not available. */
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
