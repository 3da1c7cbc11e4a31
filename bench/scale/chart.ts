import { format, type Series } from './series.ts'

const width = 420
const height = 300
const left = 56
const right = 16
const top = 40
const bottom = 96
const columns = 2
const colours = [
  '#1b6ca8',
  '#c8502d',
  '#2d8a4e',
  '#8a5fb0',
  '#b08a1b',
  '#5b6570',
  '#c2447d',
  '#3aa0a0',
  '#7a4b2a',
  '#222',
]

/**
 * The curves of each series by its first step, both axes logarithmic: a value that grows as the thing does runs beside
 * the dotted line, one that doesn't grow is level.
 */
export function chart(all: readonly Series[]): string {
  const rows = Math.ceil(all.length / columns)
  const parts = all.map((series, i) => {
    const [x, y] = [(i % columns) * width, Math.floor(i / columns) * height]
    return `<g transform="translate(${x} ${y})">${panel(series)}</g>`
  })
  const size = `width="${columns * width}" height="${rows * height}" viewBox="0 0 ${columns * width} ${rows * height}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="9">
<title>What clients cost as clusters grow</title>
<rect width="100%" height="100%" fill="#fff"/>
${parts.join('\n')}
</svg>
`
}

function panel({ title, unit, steps }: Series): string {
  const names = Object.keys(steps[0]!.values)
  const growth = steps.at(-1)!.x / steps[0]!.x
  const least = Math.log10(0.1)
  const most = Math.log10(growth * 10)
  const across = (x: number): number =>
    left + (Math.log10(x / steps[0]!.x) / Math.log10(growth)) * (width - left - right)
  const up = (ratio: number): number =>
    height -
    bottom -
    ((Math.log10(Math.min(growth * 10, Math.max(0.1, ratio))) - least) / (most - least)) * (height - top - bottom)
  const out = [`<text x="${left}" y="18" font-size="12" font-weight="bold">${title}</text>`]
  for (let ratio = 0.1; ratio <= growth * 10.01; ratio *= 10) {
    const y = up(ratio).toFixed(1)
    out.push(
      `<path d="M${left} ${y}H${width - right}" stroke="#ddd"/><text x="${left - 4}" y="${y}" text-anchor="end">${format(ratio)} ×</text>`,
    )
  }
  for (const { x } of steps)
    out.push(`<text x="${across(x).toFixed(1)}" y="${height - bottom + 12}" text-anchor="middle">${format(x)}</text>`)
  out.push(`<text x="${width - right}" y="${height - bottom + 22}" text-anchor="end">${unit}</text>`)
  const line = (ratios: readonly number[]): string =>
    steps.map(({ x }, i) => `${i === 0 ? 'M' : 'L'}${across(x).toFixed(1)} ${up(ratios[i]!).toFixed(1)}`).join('')
  out.push(
    `<path d="${line(steps.map(({ x }) => x / steps[0]!.x))}" fill="none" stroke="#888" stroke-dasharray="2 3"/>`,
  )
  names.forEach((name, n) => {
    const first = steps[0]!.values[name]!
    const colour = colours[n % colours.length]
    if (first > 0)
      out.push(
        `<path d="${line(steps.map(({ values }) => values[name]! / first))}" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
      )
    const [x, y] = [left + (n % 2) * 180, height - bottom + 36 + Math.floor(n / 2) * 12]
    out.push(
      `<rect x="${x}" y="${y - 7}" width="8" height="8" fill="${colour}"/><text x="${x + 12}" y="${y}">${name}</text>`,
    )
  })
  return out.join('\n')
}
