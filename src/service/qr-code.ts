/** Draws the QR code of a Generate. */
import { create } from '@bufbuild/protobuf';
import { type QrCode, type QrCodeOptions, QrCodeOptionsSchema, QrCodeSchema } from '../../gen/ts/otp/v1/qr_code_pb.ts';
import { Violations } from '../otp/error.ts';
import { QR_BOUNDS, QR_DEFAULTS, renderQrInSteps } from '../otp/qr.ts';
import { readFormat, readLevel } from './enums.ts';
import { readBounded } from './numbers.ts';

/**
 * The picture of `uri`; undefined if the request asks for none, or if there is no URI because other fields are invalid. Checks the options in any case, in
 * the first step; draws only in later steps.
 */
export function* drawQrCode(
  uri: string | undefined,
  options: QrCodeOptions = create(QrCodeOptionsSchema),
): Generator<void, QrCode | undefined> {
  const violations = new Violations();
  const read = <T>(check: () => T) => violations.collect('qr_code.', check);
  const format = read(() => readFormat(options.format));
  const errorCorrection = read(() => readLevel(options.errorCorrection));
  const scale = read(() => readBounded('scale', options.scale || undefined, QR_BOUNDS.scale, QR_DEFAULTS.scale));
  const quietZone = read(() => readBounded('quiet_zone', options.quietZone, QR_BOUNDS.quietZone, QR_DEFAULTS.quietZone));
  violations.throwIfAny();
  if (uri === undefined || format === undefined || format === 'none') return undefined;
  if (errorCorrection === undefined || scale === undefined || quietZone === undefined) return undefined;
  yield;
  const { mediaType, data, width } = yield* renderQrInSteps(uri, { format, errorCorrection, scale, quietZone });
  return create(QrCodeSchema, { mediaType, data, dataUri: dataUri(mediaType, data), width });
}

function dataUri(mediaType: string, data: Uint8Array): string {
  const base64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
  return `data:${mediaType.replace('; ', ';')};base64,${base64}`;
}
