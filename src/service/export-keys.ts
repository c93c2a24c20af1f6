/** ExportKeys: returns the secrets of keys as URIs that other programs read. */
import { randomInt } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import {
  ExportFormat,
  type ExportItem,
  type ExportKeysRequest,
  type ExportKeysResponse,
  ExportKeysResponseSchema,
  ExportResultSchema,
} from '../../gen/ts/otp/v1/otp_service_pb.ts';
import { invalid, Violations } from '../otp/error.ts';
import { checkMigratable } from '../otp/migration-key.ts';
import { type MigrationUris, writeMigration } from '../otp/migration-write.ts';
import { checkLabel, formatUri, type KeyUri } from '../otp/uri.ts';
import type { Audit } from '../ports/audit.ts';
import type { CallContext } from '../rpc/context.ts';
import type { Fingerprints } from '../verification/fingerprint.ts';
import { runItems } from './batch.ts';
import { requireKey } from './key.ts';
import { KeyOpener, type SealingPort } from './sealed-key.ts';

/** The dependencies of ExportKeys. */
export interface ExportPorts extends SealingPort {
  readonly fingerprints: Fingerprints;
  readonly audit: Audit;
}

/** A form of exported keys. */
interface Form {
  /** Throws `InvalidInputError` for a key that the form cannot express. */
  readonly check: (key: KeyUri) => void;
  readonly write: (keys: readonly KeyUri[]) => MigrationUris;
}

const OTPAUTH: Form = {
  check: (key) => checkLabel(key.issuer, key.accountName),
  write: (keys) => ({ uris: keys.map(formatUri), places: keys.map((_, place) => place) }),
};
const MIGRATION: Form = {
  check: checkMigratable,
  write: (keys) => writeMigration(keys, randomInt(2 ** 31)),
};
const FORMS: ReadonlyMap<number, Form> = new Map([
  [ExportFormat.UNSPECIFIED, OTPAUTH],
  [ExportFormat.OTPAUTH, OTPAUTH],
  [ExportFormat.MIGRATION, MIGRATION],
]);

/** Makes the handler. A key is written to the audit trail before its secret is in any answer. */
export function createExportKeys(
  ports: ExportPorts,
): (request: ExportKeysRequest, context: CallContext) => Promise<ExportKeysResponse> {
  return async ({ items, format }, context) => {
    const form = FORMS.get(format);
    if (form === undefined) throw invalid('format', 'unknown value: use EXPORT_FORMAT_OTPAUTH or EXPORT_FORMAT_MIGRATION');
    const keys: KeyUri[] = [];
    const exportOne = (item: ExportItem) => {
      const key = readItem(ports, item, context);
      // From here on the copy is cleared in any case.
      keys.push(key);
      form.check(key);
      auditOne(ports, key, context);
      return { case: 'key', key } as const;
    };
    try {
      const outcomes = await runItems(items, context, exportOne);
      const exported = outcomes.flatMap((outcome) => (outcome.case === 'key' ? [outcome.key] : []));
      const { uris, places } = form.write(exported);
      let next = 0;
      const results = outcomes.map((outcome) =>
        create(ExportResultSchema, {
          result: outcome.case === 'key' ? { case: 'uriIndex', value: places[next++] ?? 0 } : outcome,
        }),
      );
      return create(ExportKeysResponseSchema, { uris: [...uris], results });
    } finally {
      for (const { secret } of keys) secret.fill(0);
    }
  };
}

/** The key with the names for the export, and a copy of its secret. */
function readItem({ sealing }: SealingPort, item: ExportItem, context: CallContext): KeyUri {
  using opener = new KeyOpener(sealing, context, context.now(), 'disclose');
  const violations = new Violations();
  const key = requireKey(item.key, violations, opener);
  violations.throwIfAny();
  opener.throwIfRefused();
  if (key === undefined) throw new Error('an item without violations has a key');
  const { secret, parameters, counter } = key;
  const names = { issuer: item.issuer || key.issuer, accountName: item.accountName || key.accountName };
  return { secret: Uint8Array.from(secret), parameters, counter, ...names };
}

function auditOne({ fingerprints, audit }: ExportPorts, { secret, parameters }: KeyUri, context: CallContext): void {
  const { principal, requestId, call } = context;
  const fingerprint = fingerprints.ofSecret(secret, parameters.algorithm);
  audit({ actor: { keyId: principal.keyId }, event: 'secret.exported', requestId, transport: call.transport, fingerprint });
}
