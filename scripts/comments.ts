/** Reads the comments of the contract in a descriptor set. */
import type { DescFile } from '@bufbuild/protobuf';

/** The field numbers in `FileDescriptorProto` and its parts, which form the path of a comment. */
export const PATH = { message: 4, enum: 5, service: 6, inner: 2, nestedEnum: 4 } as const;

/** Returns the comment before the element at a path of field numbers and indices; empty if there is none. */
export function comment({ proto }: DescFile, path: readonly number[]): string {
  const location = proto.sourceCodeInfo?.location.find((found) => found.path.join() === path.join());
  return (location?.leadingComments ?? '').replaceAll(/^ /gm, '').trim();
}
