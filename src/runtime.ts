/**
 * V8's settings for this kind of load; to be imported before anything else. Pretenuring makes objects that V8 expects to live long in the old
 * generation at once: with calls under way it expects wrongly, and whole collections take the place of cheap ones (docs/performance.md).
 */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--no-allocation-site-pretenuring');
