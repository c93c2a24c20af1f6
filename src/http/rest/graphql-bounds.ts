/** The size of a GraphQL query after its fragments are expanded: a short text can request a great many fields. */
import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';

export interface QuerySize {
  /** The number of fields, counted as often as they are requested; Infinity if a fragment contains itself. */
  readonly fields: number;
  /** The deepest nesting of fields. */
  readonly depth: number;
}

const NOTHING: QuerySize = { fields: 0, depth: 0 };
const ENDLESS: QuerySize = { fields: Number.POSITIVE_INFINITY, depth: Number.POSITIVE_INFINITY };

/** The size of all operations together. */
export function sizeOf({ definitions }: DocumentNode): QuerySize {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  /** Each fragment is measured once; while it is being measured, it counts as infinite. */
  const known = new Map<string, QuerySize>();

  function ofFragment(name: string): QuerySize {
    const before = known.get(name);
    if (before !== undefined) return before;
    known.set(name, ENDLESS);
    const size = ofSelection(fragments.get(name)?.selectionSet);
    known.set(name, size);
    return size;
  }

  function ofSelection(set: SelectionSetNode | undefined): QuerySize {
    let { fields, depth } = NOTHING;
    for (const selection of set?.selections ?? []) {
      const isField = selection.kind === Kind.FIELD;
      const inner =
        selection.kind === Kind.FRAGMENT_SPREAD ? ofFragment(selection.name.value) : ofSelection(selection.selectionSet);
      fields += inner.fields + (isField ? 1 : 0);
      depth = Math.max(depth, inner.depth + (isField ? 1 : 0));
    }
    return { fields, depth };
  }

  let total = NOTHING;
  for (const definition of definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { fields, depth } = ofSelection(definition.selectionSet);
    total = { fields: total.fields + fields, depth: Math.max(total.depth, depth) };
  }
  return total;
}
