/** The names that the fields of requests have on the command line. */

/** By the last part of a field's path. */
const NAMES: Readonly<Record<string, string>> = {
  account_name: '--account',
  after_step: '--after-step',
  algorithm: '--algorithm',
  at: '--at',
  code: 'CODE',
  codes: 'CODE',
  code_length: '--length',
  context: '--context',
  count: '--count',
  counter: '--counter',
  digits: '--digits',
  display_name: '--name',
  expire_time: '--expires',
  expires_at: '--expires',
  future_steps: '--future',
  grace: '--grace',
  id: 'ID',
  issuer: '--issuer',
  look_ahead: '--look-ahead',
  name: '--name',
  past_steps: '--past',
  period_seconds: '--period',
  plan: '--plan',
  request_id: '--request-id',
  scopes: '--scopes',
  sealed_context: '--context',
  secret: 'SECRET',
  secret_size: '--size',
  tenant: '--tenant',
  type: '--type',
  uri: 'SECRET',
  window: '--window',
};

/** The flag or the argument that a field came from; the field itself where there is no such flag, or where it belongs to an item of a list. */
export function flagOf(field: string): string {
  const [, name = ''] = /^(?:key\.|api_key\.)?([a-z_]+)$/.exec(field) ?? [];
  return Object.hasOwn(NAMES, name) ? (NAMES[name] ?? field) : field;
}
