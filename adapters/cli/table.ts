/** Rows as columns that line up on a terminal, and with tabs in between elsewhere, for programs. Ends with a line's end. */
export function tableOf(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  isTerminal: boolean,
): string {
  const all = [head.map(name => name.toUpperCase()), ...rows.map(row => row.map(String))]
  if (!isTerminal) return all.map(row => `${row.join('\t')}\n`).join('')
  const widths = head.map((_, column) => Math.max(...all.map(row => row[column]!.length)))
  return all
    .map(
      row =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
