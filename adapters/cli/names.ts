/** A constant's name as command lines have it: `ClusterAction` is cluster-action. What has no name is its number. */
export function nameOf(constants: Readonly<Record<string, number>>, value: number): string {
  const name = Object.keys(constants).find(each => constants[each] === value)
  return name === undefined ? String(value) : dashed(name)
}

/** All names of these but those left out, as command lines have them. */
export function namesOf(constants: Readonly<Record<string, number>>, but: readonly string[] = []): string[] {
  return Object.keys(constants)
    .filter(name => !but.includes(name))
    .map(dashed)
}

/** The constant of this name; undefined for none. */
export function constantOf<T extends number>(constants: Readonly<Record<string, T>>, name: string): T | undefined {
  const found = Object.keys(constants).find(each => dashed(each) === name.toLowerCase().replaceAll('_', '-'))
  return found === undefined ? undefined : constants[found]
}

function dashed(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase()
}
