/** A browser without scripts: cookies, redirects, and the forms of a page. */
import { expect } from 'vitest';

export interface Shown {
  readonly status: number;
  readonly url: string;
  readonly headers: Headers;
  readonly text: string;
  /** The heading of the page. */
  readonly title: string;
  /** The error message of the page; undefined if there is none. */
  readonly error: string | undefined;
}

export class Visitor {
  readonly #origin: string;
  cookie = '';
  /** Every address that was requested. */
  readonly asked: string[] = [];
  shown: Shown | undefined;

  constructor(origin: string) {
    this.#origin = origin;
  }

  async open(path: string): Promise<Shown> {
    return this.#ask(path);
  }

  /** Sends the form of the page whose action is `action`, with its hidden fields. */
  async send(action: string, fields: Readonly<Record<string, string>>): Promise<Shown> {
    const [, form] = new RegExp(`<form method="post" action="${action}">([^]*?)</form>`).exec(this.shown?.text ?? '') ?? [];
    if (form === undefined) throw new Error(`no form ${action} in: ${this.shown?.text}`);
    const hidden = [...form.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]);
    for (const name of Object.keys(fields)) expect(form).toContain(`name="${name}"`);
    return this.post(action, { ...Object.fromEntries(hidden), ...fields });
  }

  /** Sends fields without a form. */
  async post(path: string, fields: Readonly<Record<string, string>>): Promise<Shown> {
    return this.#ask(path, { method: 'POST', body: new URLSearchParams(fields) });
  }

  async #ask(path: string, init: RequestInit = {}): Promise<Shown> {
    this.asked.push(path);
    const response = await fetch(new URL(path, this.#origin), { ...init, redirect: 'manual', headers: { cookie: this.cookie } });
    for (const cookie of response.headers.getSetCookie()) this.cookie = cookie.split(';')[0] ?? '';
    const location = response.headers.get('location');
    if (location !== null) return this.#ask(location);
    const text = await response.text();
    const [, title = ''] = /<h1>([^<]*)<\/h1>/.exec(text) ?? [];
    const [, error] = /<p id="error" role="alert">([^<]*)<\/p>/.exec(text) ?? [];
    this.shown = { status: response.status, url: path, headers: response.headers, text, title, error };
    return this.shown;
  }
}
