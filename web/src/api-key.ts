/** The API key of the page: in memory, and in the session storage of the tab only if the user wants it there. */

const STORED = 'otpd-api-key';
/** The link of a first start carries the key in the fragment, which no browser sends to a server. */
const FRAGMENT = /^#key=([\w-]+)$/;

/** Returns the key from the link or from the storage of this tab; empty if there is none. Removes the fragment from the address and the history. */
export function takeHandedOverKey(): string {
  const [, key] = FRAGMENT.exec(location.hash) ?? [];
  if (key === undefined) return storedKey();
  history.replaceState(undefined, '', location.pathname);
  return key;
}

export function storedKey(): string {
  return sessionStorage.getItem(STORED) ?? '';
}

/** Keeps the key for reloads of this tab. */
export function storeKey(key: string): void {
  sessionStorage.setItem(STORED, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(STORED);
}
