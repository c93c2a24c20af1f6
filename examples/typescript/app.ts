/** A small web app with a second factor: sign in, enrol, confirm, recover. See ../README.md. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OtpError, VerifyStatus } from 'otpd-client';
import { field, form, grouped, type Html, html, page, STYLE } from './pages.ts';
import { begin, check, confirm, hasFactor, recover, renewRecoveryCodes } from './second-factor.ts';
import { halfUser, isOwnForm, requestIdOf, type Session, sessionOf, signIn, signInByHalf, signOut } from './sessions.ts';
import { textOf, textOfRecovery, UNAVAILABLE } from './texts.ts';
import { type User, userWith } from './users.ts';

interface Visit {
  readonly session: Session;
  readonly response: ServerResponse;
  /** The form that was sent; empty for GET. */
  readonly sent: URLSearchParams;
}

/** A page to show, or the path to go to. */
type Outcome = Html | string;

const ROUTES: Readonly<Record<string, (visit: Visit) => Outcome | Promise<Outcome>>> = {
  'GET /': ({ session }) => (session.user === undefined ? loginPage(session) : homePage(session, session.user)),
  'POST /login': ({ session, response, sent }) => {
    const user = userWith(sent.get('name') ?? '', sent.get('password') ?? '');
    if (user === undefined) return loginPage(session, 'That name and password do not fit.');
    if (!hasFactor(user)) signIn(session, user, response);
    else signInByHalf(session, user, response);
    return hasFactor(user) ? '/code' : '/';
  },
  'GET /code': ({ session }) => (halfUser(session) === undefined ? '/' : codePage(session)),
  'POST /code': async ({ session, response, sent }) => {
    const user = halfUser(session);
    if (user === undefined) return '/';
    const code = sent.get('code') ?? '';
    const answer = await orUnavailable(() => check(user, code, requestIdOf(session, code)));
    // Nothing was judged, as far as we know: the same code keeps its request id.
    if (answer === undefined) return codePage(session, UNAVAILABLE, code);
    session.attempt = randomUUID();
    if (answer.status !== VerifyStatus.ACCEPTED) return codePage(session, textOf(answer));
    signIn(session, user, response);
    return '/';
  },
  'GET /recovery': ({ session }) => (halfUser(session) === undefined ? '/' : recoveryPage(session)),
  'POST /recovery': async ({ session, response, sent }) => {
    const user = halfUser(session);
    if (user === undefined) return '/';
    const code = sent.get('code') ?? '';
    const answer = await orUnavailable(() => recover(user, code, requestIdOf(session, code)));
    if (answer === undefined) return recoveryPage(session, UNAVAILABLE, code);
    session.attempt = randomUUID();
    if (answer.status !== VerifyStatus.ACCEPTED) return recoveryPage(session, textOfRecovery(answer));
    signIn(session, user, response);
    return page(
      'Signed in by a recovery code',
      html`<p>You have ${answer.remainingCount} recovery codes left. If your phone is lost, set up the new one now.</p>
${passwordForm(session, '/setup', 'Set up a new phone')}<p><a href="/">Continue</a></p>`,
    );
  },
  // The password is asked for again: a browser that was left open is not enough to change the second factor.
  'POST /setup': ({ session, sent }) =>
    withPassword(session, sent, async (user) => {
      const enrolment = await orUnavailable(() => begin(user));
      if (enrolment === undefined) return homePage(session, user, UNAVAILABLE);
      session.pending = enrolment.pending;
      session.attempt = randomUUID();
      return page(
        'Set up your app',
        html`<p>Scan this picture with your authenticator app.</p>
<img src="${enrolment.picture}" alt="QR code for your authenticator app">
<p>On this phone: <a href="${enrolment.uri}">open the app</a>, or type this secret into it: <code>${grouped(enrolment.uri)}</code></p>
${confirmForm(session)}`,
      );
    }),
  'POST /confirm': async ({ session, response, sent }) => {
    const { user, pending } = session;
    if (user === undefined || pending === undefined) return '/';
    const code = sent.get('code') ?? '';
    const answer = await orUnavailable(() => confirm(user, pending, code, requestIdOf(session, code)));
    const error = answer === undefined ? UNAVAILABLE : textOf(answer);
    if (answer !== undefined) session.attempt = randomUUID();
    if (answer?.status !== VerifyStatus.ACCEPTED) return page('Set up your app', confirmForm(session, error), error);
    session.pending = undefined;
    // The code is used up: this session has passed the second factor by it.
    signIn(session, user, response);
    return recoveryCodesPage(session, user);
  },
  'POST /recovery-codes': ({ session, sent }) => withPassword(session, sent, (user) => recoveryCodesPage(session, user)),
  'POST /logout': ({ session }) => {
    signOut(session);
    return '/';
  },
};

function loginPage(session: Session, error?: string): Html {
  const fields = html`${field({ name: 'name', label: 'E-mail address', autocomplete: 'username', error })}
${field({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' })}`;
  return page('Sign in', form(session, '/login', 'Sign in', fields), error);
}

function codePage(session: Session, error?: string, value?: string): Html {
  const code = field({ name: 'code', label: 'Code from your app', autocomplete: 'one-time-code', numeric: true, value, error });
  const other = html`<p><a href="/recovery">Use a recovery code</a></p>`;
  return page('Enter your code', html`${form(session, '/code', 'Continue', code)}${other}`, error);
}

function recoveryPage(session: Session, error?: string, value?: string): Html {
  const code = field({ name: 'code', label: 'Recovery code', autocomplete: 'off', value, error });
  const other = html`<p><a href="/code">Use a code from your app</a></p>`;
  return page('Use a recovery code', html`${form(session, '/recovery', 'Continue', code)}${other}`, error);
}

function homePage(session: Session, user: User, error?: string): Html {
  const content = hasFactor(user)
    ? html`<p>Your second factor is on.</p>
<h2>New phone</h2>${passwordForm(session, '/setup', 'Set up a new phone')}
<h2>Recovery codes</h2>${passwordForm(session, '/recovery-codes', 'Make new recovery codes')}`
    : html`<p>Your second factor is off.</p>${passwordForm(session, '/setup', 'Set up a second factor')}`;
  const signedIn = html`<p>You are signed in as ${user.name}.</p>`;
  return page('Your account', html`${signedIn}${content}${form(session, '/logout', 'Sign out', html``)}`, error);
}

async function recoveryCodesPage(session: Session, user: User): Promise<Html> {
  const codes = await orUnavailable(() => renewRecoveryCodes(user));
  if (codes === undefined) return homePage(session, user, UNAVAILABLE);
  return page(
    'Your recovery codes',
    html`<p>Your second factor is on. Keep these codes where you find them without your phone. Each works once. They are shown only once.</p>
<ul>${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul><p><a href="/">I have kept them</a></p>`,
  );
}

function passwordForm(session: Session, action: string, button: string): Html {
  const name = 'password';
  const label = html`<label>Password <input name="${name}" type="password" autocomplete="current-password" required></label>`;
  return form(session, action, button, label);
}

function confirmForm(session: Session, error?: string): Html {
  const label = 'Code that the app shows';
  return form(
    session,
    '/confirm',
    'Turn on',
    field({ name: 'code', label, autocomplete: 'one-time-code', numeric: true, error }),
  );
}

async function withPassword(session: Session, sent: URLSearchParams, act: (user: User) => Promise<Html>): Promise<Outcome> {
  const { user } = session;
  if (user === undefined) return '/';
  if (userWith(user.name, sent.get('password') ?? '') !== user) return homePage(session, user, 'That password is not right.');
  return act(user);
}

/** The answer of otpd; undefined if there is none. No error ever lets a user in. */
async function orUnavailable<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof OtpError)) throw error;
    // It names no secret and no code. Only UNAVAILABLE and DEADLINE_EXCEEDED pass by themselves: have the others alert somebody.
    process.stderr.write(`otpd: ${error.code} ${error.reason ?? ''} ${error.message}\n`);
    return undefined;
  }
}

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '/' } = request;
  response.setHeader('cache-control', 'no-store');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('x-content-type-options', 'nosniff');
  const policy =
    "default-src 'none'; img-src data:; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
  response.setHeader('content-security-policy', policy);
  if (url === '/style.css') {
    response.setHeader('content-type', 'text/css').end(STYLE);
    return;
  }
  const route = Object.hasOwn(ROUTES, `${method} ${url}`) ? ROUTES[`${method} ${url}`] : undefined;
  const session = sessionOf(request, response);
  const sent = method === 'POST' ? await formOf(request) : new URLSearchParams();
  if (route === undefined) return answer(response, 404, page('Not found', html`<p><a href="/">To the start</a></p>`));
  if (method === 'POST' && !isOwnForm(session, sent.get('csrf') ?? ''))
    return answer(response, 403, page('Form expired', html`<p><a href="/">Please start again</a></p>`));
  const outcome = await route({ session, response, sent });
  if (typeof outcome === 'string') response.writeHead(303, { location: outcome }).end();
  else answer(response, 200, outcome);
}

function answer(response: ServerResponse, status: number, { text }: Html): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(text);
}

/** Reads a form of at most 8 KiB. */
async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) {
    body += chunk;
    if (body.length > 8192) throw new Error('the form is too large');
  }
  return new URLSearchParams(body);
}

const server = createServer((request, response) => {
  serve(request, response).catch((error: unknown) => {
    process.stderr.write(`${error}\n`);
    if (!response.headersSent) response.writeHead(500);
    response.end();
  });
});
server.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`);
});
