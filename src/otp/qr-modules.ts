/** From a text to the modules of its QR code, of the smallest size that holds it; their mask is not chosen yet. */
import { type BitMatrix, create, type QRCodeSegment } from 'qrcode';
import { invalid } from './error.ts';

export type QrErrorCorrection = 'L' | 'M' | 'Q' | 'H';

/** No QR code holds more characters, of whatever kind. */
const MAX_TEXT = 7089;

/**
 * The modules with mask 0, which is rarely the best: `qrcode` would take eight times as long to look for that one too.
 *
 * @throws InvalidInputError for `qr_code.error_correction`.
 */
export function createModules(text: string, errorCorrectionLevel: QrErrorCorrection): BitMatrix {
  try {
    if (text.length <= MAX_TEXT) return create(segments(text), { errorCorrectionLevel, maskPattern: 0 }).modules;
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('too big'))) throw error;
  }
  throw invalid('qr_code.error_correction', 'is too high for a URI of this length: choose a lower level or shorter names');
}

/**
 * Runs of the alphanumeric set (ISO/IEC 18004 section 7.3.4) that are worth a segment of their own, such as base32 and percent-encoded
 * UTF-8, and what lies between. As dense as the search for the best segments that `qrcode` does by itself, in half the time.
 */
function segments(text: string): QRCodeSegment[] {
  return text
    .split(/([0-9A-Z $%*+./:-]{20,})/)
    .map(
      (run, i): QRCodeSegment => (i % 2 === 1 ? { mode: 'alphanumeric', data: run } : { mode: 'byte', data: Buffer.from(run) }),
    )
    .filter(({ data }) => data.toString() !== '');
}
