/** Reads the size of a PNG or JPEG from its header, before it is decoded: a small file may decode to gigabytes. */

/** A picture that is not decoded; the message gives the reason and the remedy. */
export class PictureError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PictureError';
  }
}

/** The most pixels, more than the cameras of phones have; they take 96 MB once decoded. */
const MAX_PIXELS = 24_000_000;
/** The most scans of a progressive JPEG. A scan of a few bytes may cost the work of a whole picture. Encoders write about ten. */
const MAX_SCANS = 64;

const PNG_SIGNATURE = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'); // With the length and the type of the first chunk.
const PNG_HEADER_BYTES = 33;
const JPEG_SIGNATURE = Buffer.from('ffd8ff', 'hex');

/** The markers of a frame: SOF0 to SOF15, without DHT, JPG and DAC in between (ITU-T T.81, table B.1). */
const FRAMES: ReadonlySet<number> = new Set(
  Array.from({ length: 16 }, (_, i) => 0xc0 + i).filter((marker) => ![0xc4, 0xc8, 0xcc].includes(marker)),
);
const SCAN = 0xda;

/** The format of a file by its first bytes; undefined if it is not a supported picture. */
export function pictureFormat(bytes: Buffer): 'png' | 'jpeg' | undefined {
  if (bytes.subarray(0, 8).equals(PNG_SIGNATURE.subarray(0, 8))) return 'png';
  return bytes.subarray(0, 3).equals(JPEG_SIGNATURE) ? 'jpeg' : undefined;
}

/** Throws `PictureError` for a picture that is too large, or would take too long. */
export function checkPicture(bytes: Buffer): void {
  if (pictureFormat(bytes) === 'png') checkPng(bytes);
  else checkJpeg(bytes);
}

/** The first chunk has the size (PNG specification, third edition, section 11.2.1). */
function checkPng(bytes: Buffer): void {
  if (bytes.length < PNG_HEADER_BYTES || !bytes.subarray(0, 16).equals(PNG_SIGNATURE)) throw damaged();
  checkSize(bytes.readUInt32BE(16), bytes.readUInt32BE(20));
  // The decoder bounds the image data by the size of the picture, but not these chunks.
  if (bytes[28] !== 0) throw new PictureError('the PNG is interlaced: save it without interlacing');
}

/** Walks the segments up to the first frame, which has the size (ITU-T T.81, annex B). */
function checkJpeg(bytes: Buffer): void {
  let at = 2;
  for (;;) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at += 1;
    if (at + 9 > bytes.length || bytes[at] !== 0xff) throw damaged();
    const marker = bytes[at + 1] ?? 0;
    if (FRAMES.has(marker)) break;
    if (marker === SCAN) throw damaged();
    at += 2 + Math.max(bytes.readUInt16BE(at + 2), 2);
  }
  checkSize(bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5));
  let scans = 0;
  for (let scan = bytes.indexOf(SCAN_MARKER, at); scan !== -1; scan = bytes.indexOf(SCAN_MARKER, scan + 2)) {
    scans += 1;
    if (scans > MAX_SCANS) throw new PictureError(`the JPEG has more than ${MAX_SCANS} scans: save it anew, as a PNG`);
  }
}

const SCAN_MARKER = Buffer.of(0xff, SCAN);

function checkSize(width: number, height: number): void {
  if (width === 0 || height === 0) throw damaged();
  if (width * height > MAX_PIXELS)
    throw new PictureError(
      `the picture has more than ${MAX_PIXELS / 1_000_000} million pixels: make it smaller, or cut it to the QR code`,
    );
}

function damaged(): PictureError {
  return new PictureError('the picture is damaged: save it again');
}
