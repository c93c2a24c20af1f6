/** The users, in memory: a product has a database. */
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

export interface User {
  readonly id: number;
  readonly name: string;
  /** Counts the apps that the user has confirmed; a part of the context of each sealed key. */
  totpGeneration: number;
}

interface Account {
  readonly user: User;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const accounts: readonly Account[] = ['alice@example.com', 'bob@example.com'].map((name, index) => {
  const salt = randomBytes(16);
  return { user: { id: index + 1, name, totpGeneration: 0 }, salt, hash: hashOf('correct horse', salt) };
});
/** Compared with if no user has the name, so that the time does not show which names exist. */
const NOBODY = { salt: randomBytes(16), hash: randomBytes(32) };

/** The user with this name and password. */
export function userWith(name: string, password: string): User | undefined {
  const account = accounts.find(({ user }) => user.name === name);
  const { salt, hash } = account ?? NOBODY;
  return timingSafeEqual(hashOf(password, salt), hash) ? account?.user : undefined;
}

function hashOf(password: string, salt: Buffer): Buffer {
  return scryptSync(password, salt, 32);
}
