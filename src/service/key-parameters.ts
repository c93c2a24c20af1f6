/** Builds the `KeyParameters` message: the parameters and names of a key, without its secret. */
import { create } from '@bufbuild/protobuf';
import { type KeyParameters, KeyParametersSchema } from '../../gen/ts/otp/v1/key_pb.ts';
import type { KeyUri } from '../otp/uri.ts';
import { wireAlgorithm, wireType } from './enums.ts';

/** The parameters of a key, with its names. */
export function parametersMessage({ secret, parameters, counter, issuer, accountName }: KeyUri): KeyParameters {
  const { type, algorithm, digits, period } = parameters;
  return create(KeyParametersSchema, {
    type: wireType(type),
    algorithm: wireAlgorithm(algorithm),
    digits,
    periodSeconds: period,
    ...(counter !== undefined && { counter: BigInt(counter) }),
    issuer,
    accountName,
    secretSize: secret.length,
  });
}
