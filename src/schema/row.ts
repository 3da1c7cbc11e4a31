// biome-ignore lint/suspicious/noExplicitAny: rows of fields of every type; the schemas' public signatures are exact
export type Row = Record<string, any>

/**
 * A function that reads the fields one after another into a plain object. Each struct has a constructor of its own, so
 * that its objects have their own chain of hidden classes: keyed stores into `{}`, or a literal with computed keys,
 * take two to five times as long once there are many kinds of them.
 */
export function rowReader<From>(
  names: readonly string[],
  reads: readonly ((from: From) => unknown)[],
): (from: From) => Row {
  function Empty(): void {}
  Empty.prototype = Object.prototype
  const Blank = Empty as unknown as new () => Row
  const count = names.length
  return from => {
    const row = new Blank()
    for (let i = 0; i < count; i++) row[names[i]!] = reads[i]!(from)
    return row
  }
}
