/** The pages: plain HTML that a keyboard and a screen reader can use, without a script. */
import type { Session } from './sessions.ts';

/** Text that is HTML already. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Html | readonly Html[] | undefined;

/** HTML with its values escaped. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.map((part, index) => part + textOf(values[index])).join(''));
}

function textOf(value: Value): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(textOf).join('');
  return String(value ?? '').replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A whole page. An error is read out by a screen reader, and is named by the field that it is about. */
export function page(title: string, content: Html, error?: string): Html {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} - ACME</title>
<link rel="stylesheet" href="/style.css"></head>
<body><main><h1>${title}</h1>
${error === undefined ? '' : html`<p id="error" role="alert">${error}</p>`}
${content}
</main></body></html>`;
}

/** A form. The hidden field proves that one of our pages made it. */
export function form(session: Session, action: string, button: string, fields: Html): Html {
  return html`<form method="post" action="${action}"><input type="hidden" name="csrf" value="${session.csrf}">
${fields}<button>${button}</button></form>`;
}

interface Field {
  readonly name: string;
  readonly label: string;
  readonly type?: 'password';
  readonly autocomplete: string;
  readonly numeric?: boolean;
  readonly value?: string | undefined;
  readonly error?: string | undefined;
}

export function field({ name, label, type, autocomplete, numeric, value, error }: Field): Html {
  const aria = error === undefined ? '' : new Html(' aria-describedby="error" aria-invalid="true" autofocus');
  const mode = numeric ? new Html(' inputmode="numeric"') : '';
  return html`<label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type ?? 'text'}" autocomplete="${autocomplete}" value="${value}" required${mode}${aria}>
`;
}

/** The secret in groups of four, for a phone that cannot scan its own screen. */
export function grouped(uri: string): string {
  const secret = new URL(uri).searchParams.get('secret') ?? '';
  return secret.replaceAll(/(.{4})(?=.)/g, '$1 ');
}

export const STYLE = `:root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif }
body { background: Canvas; color: CanvasText }
a { color: light-dark(#00408a, #9cc7ff) }
main { max-width: 32rem; margin: 2rem auto; padding: 0 1rem }
label, input, button { display: block; font: inherit; margin-block: .4rem }
input { width: 100%; box-sizing: border-box; padding: .5rem }
button { padding: .5rem 1rem }
img { max-width: 100%; background: #fff }
[role=alert] { border-inline-start: .3rem solid; padding-inline-start: .7rem }
`;
