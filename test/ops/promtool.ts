/** The tool of Prometheus. */
import { existsSync } from 'node:fs';

/** The path in Debian's package. */
export const PROMTOOL = '/usr/bin/promtool';
export const noPromtool: string | undefined = existsSync(PROMTOOL) ? undefined : `${PROMTOOL} is not there (Debian: prometheus)`;
