/** Renders the chart with Helm. */
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type Outcome, outcomeOf, run } from './tools.ts';

export const CHART = 'deploy/helm/otpd';
/** The names of the values files to test. */
export const MATRIX: readonly string[] = globSync(`${CHART}/ci/*-values.yaml`).map((file) => basename(file, '-values.yaml'));

// biome-ignore lint/suspicious/noExplicitAny: what is in it is what the tests find out.
export type Manifest = any;

/** Renders the chart with values of the matrix, and with further values. */
export function render(helm: string, values: string, ...more: readonly string[]): Manifest[] {
  return manifestsOf(run(helm, ['template', 'otpd', CHART, '--values', `${CHART}/ci/${values}-values.yaml`, ...more]));
}

/** Parses the objects in a text. Throws if a document is not YAML, or has a duplicate key. */
export function manifestsOf(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS() ?? [];
  });
}

/** Renders the chart with values from the command line only. */
export function rendering(helm: string, ...values: readonly string[]): Outcome {
  return outcomeOf(helm, ['template', 'otpd', CHART, ...values.flatMap((value) => ['--set-json', value])]);
}

/** Returns the only object of a kind. */
export function only(manifests: readonly Manifest[], kind: string): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind);
  if (found.length !== 1) throw new Error(`there are ${found.length} of ${kind}`);
  return found[0];
}
