import { useEffect, useState } from 'preact/hooks';
import type { WatchedCode } from '../calls/use-watch.ts';

const RADIUS = 20;
const AROUND = 2 * Math.PI * RADIUS;
const REDRAWN_MS = 200;
/** The last seconds have another colour: a code that the user types then may come too late. */
const SHORT_MS = 5000;

/** A code with a ring that closes as its time runs out. */
export function Countdown({ watched: { code, periodMs, endsAt } }: { readonly watched: WatchedCode }) {
  const leftMs = useTimeLeft(endsAt);
  const seconds = Math.ceil(leftMs / 1000);
  return (
    <div class="countdown">
      <output class="code">{grouped(code)}</output>
      <svg viewBox="0 0 48 48" class={leftMs <= SHORT_MS ? 'ring short' : 'ring'} aria-hidden="true">
        <circle cx="24" cy="24" r={RADIUS} />
        <circle
          class="left"
          cx="24"
          cy="24"
          r={RADIUS}
          stroke-dasharray={AROUND}
          stroke-dashoffset={AROUND * (1 - Math.min(1, leftMs / periodMs))}
        />
        <text x="24" y="24">
          {seconds}
        </text>
      </svg>
      <span class="hidden" role="timer">
        {seconds} seconds left
      </span>
    </div>
  );
}

/** A code as people read it: in two halves. */
export function grouped(code: string): string {
  const half = Math.ceil(code.length / 2);
  return `${code.slice(0, half)} ${code.slice(half)}`;
}

/** The remaining time in ms. It is computed at each drawing, since a new code may come between two ticks of the clock. */
function useTimeLeft(endsAt: number): number {
  const [, redraw] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => redraw((count) => count + 1), REDRAWN_MS);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, endsAt - performance.now());
}
