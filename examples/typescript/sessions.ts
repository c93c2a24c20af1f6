/** Sessions, in memory. A browser has the id of its session in a cookie, and nothing else. */
import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Pending } from './second-factor.ts';
import type { User } from './users.ts';

export interface Session {
  id: string;
  /** Is in every form: another site cannot know it. */
  readonly csrf: string;
  /** Signed in, with all that the user has to show. */
  user?: User | undefined;
  /** The password was right, and the code is to come, until `until` (ms). */
  half?: { readonly user: User; readonly until: number } | undefined;
  pending?: Pending | undefined;
  /** Names the attempt to come, see `requestIdOf`. */
  attempt: string;
}

const COOKIE = 'session';
/** More than a demonstration needs: strangers cannot fill the memory. */
const MOST = 1000;
const HALF_MS = 10 * 60_000;
const sessions = new Map<string, Session>();

/** The session of a request; a new one if it has none. */
export function sessionOf(request: IncomingMessage, response: ServerResponse): Session {
  const [, id = ''] = /(?:^|; )session=([\w-]+)/.exec(request.headers.cookie ?? '') ?? [];
  const known = sessions.get(id);
  if (known !== undefined) return known;
  const session = { id: '', csrf: randomBytes(32).toString('base64url'), attempt: randomUUID() };
  return keep(session, response);
}

/** Signs a user in. The id changes, so that an id from before the login is worth nothing. */
export function signIn(session: Session, user: User, response: ServerResponse): void {
  Object.assign(session, { user, half: undefined, attempt: randomUUID() });
  keep(session, response);
}

/** Remembers that the password was right. That alone opens nothing but the page for the code. */
export function signInByHalf(session: Session, user: User, response: ServerResponse): void {
  Object.assign(session, { user: undefined, half: { user, until: Date.now() + HALF_MS }, attempt: randomUUID() });
  keep(session, response);
}

export function signOut(session: Session): void {
  sessions.delete(session.id);
}

/** The user whose password was right a short time ago. */
export function halfUser({ half }: Session): User | undefined {
  return half !== undefined && Date.now() < half.until ? half.user : undefined;
}

export function isOwnForm(session: Session, csrf: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(csrf), digest(session.csrf));
}

/**
 * The request id of an attempt: the same for the same code until `attempt` is renewed. If an answer is lost, and the user sends the form again, otpd
 * gives the first answer instead of "already used". It is a UUID by name (RFC 9562 section 5.5).
 */
export function requestIdOf({ attempt }: Session, code: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(attempt.replaceAll('-', ''), 'hex'))
    .update(code)
    .digest()
    .subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Keeps a session under a new id. Behind TLS add `Secure`, and call the cookie `__Host-session`. */
function keep(session: Session, response: ServerResponse): Session {
  sessions.delete(session.id);
  session.id = randomBytes(32).toString('base64url');
  const [oldest] = sessions.keys();
  if (sessions.size >= MOST && oldest !== undefined) sessions.delete(oldest);
  sessions.set(session.id, session);
  response.setHeader('set-cookie', `${COOKIE}=${session.id}; Path=/; HttpOnly; SameSite=Lax`);
  return session;
}
