/** The formats of APIVerve's answers: JSON, XML, YAML and CSV, chosen by `format=` or, without it, by `Accept`. */
import { stringify as toCsv } from 'csv-stringify/sync';
import XmlBuilder from 'fast-xml-builder';
import Negotiator from 'negotiator';
import { stringify as toYaml } from 'yaml';
import { invalid } from '../../otp/error.ts';
import type { RestAnswer, RestHead } from './rest-api.ts';

/** The answer of every call. */
export interface Envelope {
  readonly status: 'ok' | 'error';
  readonly error: string | null;
  readonly data: object | null;
}

type Format = 'json' | 'xml' | 'yaml' | 'csv';

const MEDIA_TYPES: Readonly<Record<string, Format>> = {
  'application/json': 'json',
  'application/xml': 'xml',
  'text/xml': 'xml',
  'application/yaml': 'yaml',
  'application/x-yaml': 'yaml',
  'text/yaml': 'yaml',
  'text/x-yaml': 'yaml',
  'text/csv': 'csv',
};

const NIL = { '@_xsi:nil': 'true', '@_xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance' };
const xml = new XmlBuilder({ format: true, ignoreAttributes: false, suppressEmptyNode: true, suppressBooleanAttributes: false });

const WRITERS: Readonly<Record<Format, { readonly type: string; readonly write: (envelope: Envelope) => string }>> = {
  json: { type: 'application/json', write: (envelope) => JSON.stringify(envelope) },
  xml: {
    type: 'application/xml',
    write: ({ status, error, data }) =>
      xml.build({
        '?xml': { '@_version': '1.0', '@_encoding': 'UTF-8' },
        response: { status, error: error ?? NIL, data: data ?? NIL },
      }),
  },
  // Version 1.1 of YAML has times, so texts that look like times are quoted, as in the documentation.
  yaml: { type: 'application/yaml', write: (envelope) => toYaml(envelope, { version: '1.1', singleQuote: true }) },
  // The documentation shows only the data of an answer in CSV.
  csv: {
    type: 'text/csv',
    write: ({ status, error, data }) =>
      toCsv(Object.entries(data ?? { status, error }), { header: true, columns: ['key', 'value'] }),
  },
};

/** The requested format; JSON if no known format is requested. Throws `InvalidInputError` for an unknown `format=`. */
export function formatOf(head: RestHead): Format {
  const [named, another] = head.query.getAll('format');
  if (another !== undefined) throw invalid('format', 'is given more than once');
  if (named !== undefined) {
    if (Object.hasOwn(WRITERS, named.toLowerCase())) return named.toLowerCase() as Format;
    throw invalid('format', `must be ${Object.keys(WRITERS).join(', ')}`);
  }
  const accept = head.header('accept');
  if (accept === undefined || accept === '*/*') return 'json';
  const chosen = new Negotiator({ headers: { accept } }).mediaType(Object.keys(MEDIA_TYPES));
  return MEDIA_TYPES[chosen ?? ''] ?? 'json';
}

/** The answer in that format. */
export function write(format: Format, status: number, envelope: Envelope): RestAnswer {
  const { type, write: toText } = WRITERS[format];
  return { status, headers: { 'content-type': `${type}; charset=utf-8` }, body: toText(envelope) };
}
