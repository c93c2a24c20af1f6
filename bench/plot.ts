/** Draws small plots side by side as SVG: the cost of a call against the quantity that grows, from zero, with the band that counts as flat. */

/** A plot of one series. */
export interface Plot {
  readonly title: string;
  /** The unit of the quantity that grows. */
  readonly unit: string;
  readonly points: readonly { readonly size: number; readonly cpuMicros: number }[];
}

const [WIDTH, HEIGHT] = [300, 260];
const EDGE = { left: 48, right: 16, top: 44, bottom: 48 } as const;
const BAND = 0.1;
const STYLE = `text { font: 12px sans-serif; fill: #333 } .title { font-weight: bold } .axis { stroke: #888 } .band { fill: #7aa7d9; opacity: .3 }
  .line { fill: none; stroke: #1f6fb5; stroke-width: 2 } .dot { fill: #1f6fb5 } .ground { fill: #fff }
  @media (prefers-color-scheme: dark) { text { fill: #ddd } .line { stroke: #7ab8f0 } .dot { fill: #7ab8f0 } .ground { fill: #16191d } }`;

/** Returns the SVG. Leaves out plots without points. */
export function drawPlots(plots: readonly Plot[], caption: string): string {
  const drawn = plots.filter(({ points }) => points.length > 0);
  const top = Math.max(1, ...drawn.flatMap(({ points }) => points.map(({ cpuMicros }) => cpuMicros))) * 1.2;
  const [width, height] = [WIDTH * Math.max(1, drawn.length), HEIGHT + 24];
  const panels = drawn.map((plot, i) => `<g transform="translate(${i * WIDTH} 0)">${panel(plot, top)}</g>`).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>CPU time a call as things grow</title>
<style>${STYLE}</style>
<rect class="ground" width="${width}" height="${height}"/>
${panels}
<text x="12" y="${height - 8}">${escaped(caption)}</text>
</svg>
`;
}

function panel({ title, unit, points }: Plot, top: number): string {
  const [bottom, right] = [HEIGHT - EDGE.bottom, WIDTH - EDGE.right];
  const sizes = points.map(({ size }) => Math.log10(size));
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const x = (size: number) => round(EDGE.left + ((Math.log10(size) - least) / (most - least || 1)) * (right - EDGE.left));
  const y = (micros: number) => round(bottom - (micros / top) * (bottom - EDGE.top));
  const first = points[0]?.cpuMicros ?? 0;
  const band = { from: y(first * (1 + BAND)), to: y(first * (1 - BAND)) };
  return [
    `<text class="title" x="12" y="18">${escaped(title)}: CPU µs a call</text>`,
    `<rect class="band" x="${EDGE.left}" y="${band.from}" width="${right - EDGE.left}" height="${round(band.to - band.from)}"/>`,
    `<text x="12" y="34">shaded: the first ±10 %</text>`,
    `<path class="axis" fill="none" d="M${EDGE.left} ${EDGE.top}V${bottom}H${right}"/>`,
    ...[0, top / 2, top].map(
      (micros) => `<text x="${EDGE.left - 6}" y="${y(micros) + 4}" text-anchor="end">${Math.round(micros)}</text>`,
    ),
    `<polyline class="line" points="${points.map(({ size, cpuMicros }) => `${x(size)},${y(cpuMicros)}`).join(' ')}"/>`,
    ...points.map(({ size, cpuMicros }) => `<circle class="dot" cx="${x(size)}" cy="${y(cpuMicros)}" r="3.5"/>`),
    ...points.map(
      ({ size, cpuMicros }, i) =>
        `<text x="${x(size)}" y="${y(cpuMicros) - 8}" text-anchor="${anchor(i, points.length)}">${cpuMicros.toFixed(1)}</text>`,
    ),
    ...points.map(
      ({ size }, i) =>
        `<text x="${x(size)}" y="${bottom + 18}" text-anchor="${anchor(i, points.length)}">${size.toLocaleString('en-US', { notation: 'compact' })}</text>`,
    ),
    `<text x="${(EDGE.left + right) / 2}" y="${bottom + 38}" text-anchor="middle">${escaped(unit)}</text>`,
  ].join('\n');
}

function anchor(i: number, count: number): string {
  return i === 0 ? 'start' : i === count - 1 ? 'end' : 'middle';
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
