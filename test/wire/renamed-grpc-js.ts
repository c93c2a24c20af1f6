/** Loaded before otpd: grpc-js as a release might have it in which the private names that the fast path knows are other ones. */
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
