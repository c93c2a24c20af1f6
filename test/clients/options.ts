/** The names of the options in each library, which the message of a refusal must contain. */
import type { Json } from './match.ts';

type Option = 'address' | 'api_key' | 'deadline' | 'plaintext' | 'ca' | 'cert';

const JAVA = {
  address: 'address',
  api_key: 'apiKey',
  deadline: 'deadline',
  plaintext: 'plaintext',
  ca: 'rootCertificates',
  cert: 'clientCertificate',
};
const PYTHON = {
  address: 'address',
  api_key: 'api_key',
  deadline: 'timeout',
  plaintext: 'plaintext',
  ca: 'root_certificates',
  cert: 'client_certificate',
};

const NAMES: Readonly<Record<string, Readonly<Record<Option, string>>>> = {
  cpp: { ...PYTHON, deadline: 'deadline' },
  go: { ...JAVA, deadline: 'WithDeadline', plaintext: 'WithPlaintext', ca: 'WithTLS', cert: 'WithTLS' },
  java: JAVA,
  kotlin: JAVA,
  php: { ...JAVA, deadline: 'timeout' },
  python: PYTHON,
  'python-asyncio': PYTHON,
  ruby: PYTHON,
  rust: { ...PYTHON, deadline: 'deadline', plaintext: 'connect_plaintext', ca: 'authorities', cert: 'identity' },
  scala: JAVA,
  typescript: { ...JAVA, deadline: 'deadlineMs', ca: 'ca', cert: 'cert' },
};

/** Expands each `{"$options": [...]}` to a pattern of a text that contains the language's names of all these options. */
export function spelled(value: Json, language: string): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((element) => spelled(element, language));
  const { $options: options, ...others } = value as Readonly<Record<string, Json>>;
  if (Array.isArray(options)) return { $regex: options.map((option) => `(?=.*\\b${nameOf(option, language)}\\b)`).join('') };
  return Object.fromEntries(Object.entries(others).map(([name, inner]) => [name, spelled(inner, language)]));
}

function nameOf(option: Json, language: string): string {
  const name = NAMES[language]?.[option as Option];
  if (name === undefined) throw new Error(`no name of ${String(option)} in ${language}`);
  return name;
}
