/** Reads the QR codes in a PNG or JPEG. The decoders are loaded with the first picture. */

import { checkPicture, PictureError, pictureFormat } from './picture-header.ts';
import { createFinder, type Pixels } from './qr-finder.ts';

/** The memory limit of the JPEG decoder, in MB, enough for the most pixels that are decoded. */
const JPEG_MEMORY = 1024;

/**
 * Returns the texts of all QR codes in a picture, each once.
 *
 * @throws PictureError if the picture cannot be decoded, or has no QR code.
 */
export async function readQrCodes(bytes: Buffer): Promise<string[]> {
  checkPicture(bytes);
  const pixels = await decode(bytes);
  const { default: jsqr } = await import('jsqr');
  const texts = createFinder(jsqr.default)(pixels);
  if (texts.length === 0) {
    throw new PictureError(
      'no QR code is found in the picture: cut it to the QR code, with some white around it, or make it sharper',
    );
  }
  return texts;
}

async function decode(bytes: Buffer): Promise<Pixels> {
  try {
    if (pictureFormat(bytes) === 'png') {
      const { PNG } = await import('pngjs');
      const { width, height, data } = PNG.sync.read(bytes);
      return onWhite({ width, height, data: new Uint8ClampedArray(data.buffer, data.byteOffset, data.length) });
    }
    const { decode: decodeJpeg } = await import('jpeg-js');
    const { width, height, data } = decodeJpeg(bytes, { useTArray: true, maxMemoryUsageInMB: JPEG_MEMORY });
    return { width, height, data: new Uint8ClampedArray(data.buffer, data.byteOffset, data.length) };
  } catch {
    // The message of a decoder may quote the picture.
    throw new PictureError('the picture is damaged, or of a kind that cannot be read: save it again, as a PNG');
  }
}

/** Puts the picture on white: transparent pixels are often black, and a black code on them could not be read. */
function onWhite(pixels: Pixels): Pixels {
  const { data } = pixels;
  for (let at = 0; at < data.length; at += 4) {
    const alpha = data[at + 3] ?? 255;
    if (alpha === 255) continue;
    for (let channel = at; channel < at + 3; channel++) data[channel] = 255 + (((data[channel] ?? 255) - 255) * alpha) / 255;
  }
  return pixels;
}
