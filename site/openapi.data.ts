/** The calls of the OpenAPI documents, read when the site is built. */
import { readFileSync } from 'node:fs';

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly examples?: Readonly<Record<string, { readonly value: unknown }>> }>>;
  };
}

interface Document {
  readonly info: { readonly title: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Call {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly example: string | undefined;
}

declare const data: readonly { readonly title: string; readonly file: string; readonly calls: readonly Call[] }[];

export { data };

export default {
  watch: ['../gen/openapi*.json'],
  load: (files: readonly string[]) =>
    [...files]
      .sort()
      .reverse()
      .map((file) => {
        const { info, paths } = JSON.parse(readFileSync(file, 'utf8')) as Document;
        const calls = Object.entries(paths).flatMap(([path, methods]) =>
          Object.entries(methods).flatMap(([method, operation]) => callOf(path, method, operation)),
        );
        return { title: info.title, file: `/${file.split('/').at(-1)}`, calls };
      }),
};

function callOf(path: string, method: string, { operationId, summary, description, requestBody }: Operation): Call[] {
  if (operationId === undefined) return [];
  const [example] = Object.values(requestBody?.content['application/json']?.examples ?? {});
  const told = summary ?? description?.split('\n')[0] ?? '';
  const text = example === undefined ? undefined : JSON.stringify(example.value, null, 2);
  return [{ id: operationId, method: method.toUpperCase(), path, summary: told, example: text }];
}
