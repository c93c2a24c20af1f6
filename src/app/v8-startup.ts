/**
 * Node's settings for this program; to be imported before anything else, and the rest by `import()`, since static imports are compiled first.
 *
 * Pretenuring makes objects that V8 expects to live long in the old generation at once: with calls under way it expects wrongly, and whole
 * collections take the place of cheap ones. The heap may grow to twice what is alive, not to four times. A start runs once, so that it is not
 * worth optimising, and most of what it leaves stays, so that a larger young generation would hold nothing: `expectWork` takes both back (all:
 * docs/performance.md). Compiled code is kept for the next start in a folder of the user's own: what lies in it is run, so that one that others
 * can write would let them in.
 */
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--no-allocation-site-pretenuring');
setFlagsFromString('--heap-growing-percent=100');
setFlagsFromString('--no-turbofan');
setFlagsFromString('--no-maglev');
setFlagsFromString('--semi-space-growth-factor=1');
enableCompileCache(join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'otpd'));
