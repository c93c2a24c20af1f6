/** The operations door of a server on this machine, and whether it says that calls are served. */
import { formatAddress, parseListenOrOff, reachableAt } from '../../config/listen-address.ts';
import { SETTINGS } from '../../config/settings.ts';
import type { Io } from '../io.ts';
import { localError, usageError } from '../output/failure.ts';

// Not by `import`, which reads each export of `node:http`, and so loads `fetch` and WebSocket with each check.
const { get } = process.getBuiltinModule('node:http');

/** The setting that names the door, and its address where nothing is set. */
export const OPS_LISTEN: { readonly env: string; readonly fallback: string } = {
  env: SETTINGS.opsListen.env,
  fallback: SETTINGS.opsListen.fallback ?? '',
};

/** Where the operations door of a server is that was started with the same environment. */
export function doorOf({ env }: Io, flag: string | undefined): string {
  const text = (flag ?? env[OPS_LISTEN.env]) || OPS_LISTEN.fallback;
  const found = parsed(text);
  if (found === 'off' || found.port === 0)
    throw usageError(
      `the operations door has no address to ask (${OPS_LISTEN.env} is ${text}): name it with --ops-address, or the server with --server`,
    );
  return reachableAt(formatAddress(found));
}

function parsed(text: string): ReturnType<typeof parseListenOrOff> {
  try {
    return parseListenOrOff(text);
  } catch {
    throw usageError(`--ops-address/${OPS_LISTEN.env} must be host:port, such as ${OPS_LISTEN.fallback}`);
  }
}

/** Whether the door says that calls are served. Throws a `CliError` if it does not answer within `timeoutMs`. */
export function isReady(address: string, timeoutMs: number, stop: AbortSignal): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]);
  const request = get(`http://${address}/readyz`, { signal, agent: false }, (response) => {
    response.resume();
    const { statusCode } = response;
    if (statusCode === 200 || statusCode === 503) resolve(statusCode === 200);
    else reject(localError(`what answers at ${address} is no operations door of otpd: check --ops-address/${OPS_LISTEN.env}`));
  });
  request.on('error', (error) => {
    const why = signal.aborted && !stop.aborted ? 'it does not answer in time' : 'is it running, with its operations door on?';
    reject(stop.aborted ? error : localError(`cannot ask the operations door at ${address}: ${why}`));
  });
  return promise;
}
