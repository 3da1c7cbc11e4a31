import { type CommandContext, isColoured } from './command.ts'

/** Rows as columns that line up on a terminal, and with tabs in between elsewhere, for programs. Ends with a line's end. */
export function tableOf(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  context: Pick<CommandContext, 'environment' | 'isTerminal'>,
): string {
  const names = head.map(name => name.toUpperCase())
  const all = [names, ...rows.map(row => row.map(String))]
  if (!context.isTerminal) return all.map(row => `${row.join('\t')}\n`).join('')
  const widths = head.map((_, column) => Math.max(...all.map(row => row[column]!.length)))
  const [first, ...others] = all.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
  return [isColoured(context.environment) ? `\x1b[1m${first}\x1b[22m` : first, ...others]
    .map(line => `${line}\n`)
    .join('')
}
