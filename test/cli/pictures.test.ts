/** Pictures with QR codes: QR codes of other programs, decompression bombs, and damaged pictures. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PictureError } from '../../src/cli/input/picture-header.ts';
import { createFinder } from '../../src/cli/input/qr-finder.ts';
import { readQrCodes } from '../../src/cli/input/qr-pictures.ts';
import { renderQr } from '../../src/otp/qr.ts';
import { runningMs } from '../support/running-time.ts';
import vectors from '../vectors/migration.json' with { type: 'json' };

const picture = (name: string) => readFileSync(join(import.meta.dirname, '../vectors/pictures', name));
const uriOf = (name: string) => vectors.read.find((vector) => vector.name === name)?.uri ?? '';
const carol = (name: string) => `otpauth://totp/ACME:${name}?secret=JBSWY3DPEHPK3PXP&issuer=ACME`;
const PARTS = [uriOf('the first of two parts'), uriOf('the second of two parts')];

async function complaint(bytes: Buffer): Promise<string> {
  const error: unknown = await readQrCodes(bytes).catch((reason: unknown) => reason);
  if (!(error instanceof PictureError)) throw new Error('the picture was read');
  return error.message;
}

describe('a picture that must not be decoded', () => {
  it.each([
    ['a PNG of 900 million pixels', png(30_000, 30_000, Buffer.alloc(64)), 'more than 24 million pixels'],
    ['a PNG of the largest size', png(0xffff_ffff, 0xffff_ffff, Buffer.alloc(64)), 'more than 24 million pixels'],
    ['a PNG without pixels', png(0, 1, Buffer.alloc(64)), 'damaged'],
    ['an interlaced PNG', png(100, 100, deflateSync(Buffer.alloc(50_000_000)), 1), 'without interlacing'],
    ['a JPEG of 3,600 million pixels', jpegOf(60_000, 60_000), 'more than 24 million pixels'],
    ['a JPEG of 100 scans', scans(100), 'more than 64 scans'],
    ['a JPEG without a frame', Buffer.from('ffd8ffd9', 'hex'), 'damaged'],
    ['a JPEG whose segments have no length', Buffer.from(`ffd8${'ffe00000'.repeat(50)}`, 'hex'), 'damaged'],
    ['the beginning of a PNG', picture('one.png').subarray(0, 30), 'damaged'],
  ])('is refused by its header: %s', async (_, bytes, says) => {
    const start = runningMs();
    expect(await complaint(bytes)).toContain(says);
    expect(runningMs() - start).toBeLessThan(1000);
  });

  it('is not inflated beyond its size', async () => {
    const bomb = png(100, 100, deflateSync(Buffer.alloc(200_000_000)));
    const before = process.memoryUsage().rss;
    expect(await complaint(bomb)).toContain('damaged');
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });
});

describe('pictures of other programs', () => {
  it.each<[string, string[]]>([
    ['one.png', [PARTS[0] ?? '']],
    ['dark.png', [carol('carol')]],
    ['transparent.png', [carol('carol')]],
    ['grey.jpg', [carol('carol')]],
    ['progressive.jpg', [carol('carol')]],
    ['several.png', [...PARTS, carol('carol')]],
    ['several.jpg', [...PARTS, carol('carol')]],
    ['nine.png', Array.from({ length: 9 }, (_, i) => carol(`user${i}`))],
    ['other-text.png', ['https://example.com/']],
  ])('give all their codes: %s', async (name, texts) => {
    expect((await readQrCodes(picture(name))).sort()).toEqual([...texts].sort());
  });

  it('say so if they have no code', async () => {
    expect(await complaint(picture('none.png'))).toContain('no QR code is found');
  });
});

it('reads what we draw, also dense codes', async () => {
  const text = carol('x'.repeat(900));
  const { data } = renderQr(text, { format: 'png', errorCorrection: 'M', scale: 4, quietZone: 4 });
  expect(await readQrCodes(Buffer.from(data))).toEqual([text]);
});

it('scales a large picture down, and searches it in full size if nothing is found', () => {
  const widths: number[] = [];
  const find = createFinder((_, width) => {
    widths.push(width);
    return null;
  });
  expect(find({ width: 4100, height: 60, data: new Uint8ClampedArray(4100 * 60 * 4) })).toEqual([]);
  expect(widths[0]).toBe(1366);
  expect(widths).toContain(4100);
});

it('reads a large picture', async () => {
  const { data } = renderQr(carol('carol'), { format: 'png', errorCorrection: 'M', scale: 16, quietZone: 16 });
  expect(await readQrCodes(Buffer.from(data))).toEqual([carol('carol')]);
});

it('never fails otherwise on a picture of noise', async () => {
  const sides = fc.integer({ min: 1, max: 120 });
  await fc.assert(
    fc.asyncProperty(sides, sides, fc.uint8Array({ minLength: 1, maxLength: 200 }), async (width, height, pattern) => {
      const line = 1 + Math.ceil(width / 8);
      const lines = Buffer.alloc(line * height, pattern);
      for (let row = 0; row < height; row++) lines[row * line] = 0;
      expect(await complaint(png(width, height, deflateSync(lines)))).toContain('no QR code');
    }),
    { numRuns: 20 },
  );
});

it.each(['one.png', 'progressive.jpg', 'grey.jpg'])('never fails otherwise on a damaged picture (%s)', async (name) => {
  const whole = picture(name);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
      fc.nat(whole.length),
      async (changes, cut) => {
        const bytes = Buffer.from(whole.subarray(0, changes.length === 0 ? cut : whole.length));
        for (const [at, byte] of changes) bytes[at] = byte;
        try {
          await readQrCodes(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(PictureError);
        }
      },
    ),
    { numRuns: 40 },
  );
});

/** Returns a PNG with one bit per pixel and this data. */
function png(width: number, height: number, data: Buffer, interlaced = 0): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  header[12] = interlaced;
  const chunk = (type: string, content: Buffer) => {
    const bytes = Buffer.alloc(12 + content.length);
    bytes.writeUInt32BE(content.length, 0);
    bytes.write(type, 4, 'latin1');
    content.copy(bytes, 8);
    bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + content.length)), 8 + content.length);
    return bytes;
  };
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

/** Returns a JPEG whose header has this size. */
function jpegOf(width: number, height: number): Buffer {
  const bytes = Buffer.from(picture('grey.jpg'));
  const frame = bytes.indexOf(Buffer.from('ffc0', 'hex'));
  bytes.writeUInt16BE(height, frame + 5);
  bytes.writeUInt16BE(width, frame + 7);
  return bytes;
}

/** Returns a progressive JPEG that repeats its last scan. */
function scans(count: number): Buffer {
  const bytes = picture('progressive.jpg');
  const last = bytes.subarray(bytes.lastIndexOf(Buffer.from('ffda', 'hex')), -2);
  return Buffer.concat([bytes.subarray(0, -2), ...Array.from({ length: count }, () => last), bytes.subarray(-2)]);
}
