/** The comments of the contract, as a descriptor set carries them. */
import type { DescFile } from '@bufbuild/protobuf';

/** Numbers of the fields in `FileDescriptorProto` and below, of which the path of a comment consists. */
export const PATH = { message: 4, enum: 5, service: 6, inner: 2, nestedEnum: 4 } as const;

/** The comment before what is at a path of numbers and indices; empty if there is none. */
export function comment({ proto }: DescFile, path: readonly number[]): string {
  const location = proto.sourceCodeInfo?.location.find((found) => found.path.join() === path.join());
  return (location?.leadingComments ?? '').replaceAll(/^ /gm, '').trim();
}
