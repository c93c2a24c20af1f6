/** Documents that need no API key, such as the page and `/openapi.json`. */

/** A document as it is sent. */
export interface FileAnswer {
  readonly status: number;
  /** Names in lower case; `content-type` among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** Gives the document at a path, which begins with a slash and has no query; undefined if there is none. Asked for GET and HEAD alone. */
export type Files = (path: string) => FileAnswer | undefined | Promise<FileAnswer | undefined>;
