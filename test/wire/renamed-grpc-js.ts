/** Loaded before otpd: a grpc-js with other private names than the fast path knows, as a future release may have. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const PRIVATE = /\b(?:http2Servers|onStreamOpened|handlers|sessions)\b/g;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!/\/@grpc\/grpc-js\/build\/.*\.js$/.test(url)) return loaded;
    const source = readFileSync(fileURLToPath(url), 'utf8').replaceAll(PRIVATE, '$&Renamed');
    return { ...loaded, source };
  },
});
