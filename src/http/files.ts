/** Documents that need no API key, such as the page and `/openapi.json`, and how they are sent. */
import { createHash } from 'node:crypto';
import type { Exchange } from './exchange.ts';

/** The encodings of documents, the smallest first. */
export const CODINGS = ['br', 'gzip'] as const;
export type Coding = (typeof CODINGS)[number];

/** A document in the form in which it is sent. */
export interface FileAnswer {
  readonly status: number;
  /** Names in lower case, including `content-type`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** The entity tag of the content (`tagOf`); undefined if no cache may keep it. */
  readonly tag?: string;
  /** The compressed content by encoding. */
  readonly coded?: Readonly<Partial<Record<Coding, Buffer>>>;
}

/** Returns the document at a path, which begins with a slash and has no query; undefined if there is none. Called for GET and HEAD only. */
export type Files = (path: string) => FileAnswer | undefined | Promise<FileAnswer | undefined>;

/** An entity tag for a content, the same on every instance. */
export function tagOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('base64url').slice(0, 22);
}

/**
 * Sends a document: in the smallest encoding that the caller accepts (RFC 9110 section 12.5.3), or `304 Not Modified` if the caller has it already (section
 * 13.1.2).
 */
export async function sendFile(exchange: Exchange, { status, headers, body, tag, coded }: FileAnswer): Promise<void> {
  const coding =
    coded &&
    (await codingOf(
      exchange,
      CODINGS.filter((name) => coded[name] !== undefined),
    ));
  const etag = `"${tag}${coding === undefined ? '' : `-${coding}`}"`;
  const vary = [exchange.common['vary'] ?? [], coded === undefined ? [] : 'accept-encoding'].flat();
  const kept = {
    ...headers,
    ...(tag !== undefined && { etag }),
    ...(vary.length > 0 && { vary: vary.join(', ') }),
  };
  if (tag !== undefined && has(exchange.header('if-none-match'), etag)) exchange.send(304, kept, '');
  else if (coding === undefined) exchange.send(status, kept, body);
  else exchange.send(status, { ...kept, 'content-encoding': coding }, coded?.[coding] ?? body);
}

/** The encoding to send; undefined for none. The library is loaded at the first request for the page. */
async function codingOf(exchange: Exchange, available: readonly Coding[]): Promise<Coding | undefined> {
  const accepted = exchange.header('accept-encoding');
  if (accepted === undefined) return undefined;
  const { default: Negotiator } = await import('negotiator');
  const taken = new Negotiator({ headers: { 'accept-encoding': accepted } }).encodings([...available]);
  return available.find((name) => taken.includes(name));
}

/** Whether a list of entity tags contains this one, which a compressing proxy may have made weak. */
function has(tags: string | undefined, etag: string): boolean {
  return tags !== undefined && (tags === '*' || tags.split(',').some((one) => one.trim().replace(/^W\//, '') === etag));
}
