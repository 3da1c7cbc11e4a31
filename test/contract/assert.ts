/** Like a runner's assertions, small, and alike in every runtime. */
export interface Assert {
  ok(value: unknown, message?: string): void
  /** By Object.is. */
  equal<T>(actual: T, expected: T, message?: string): void
  /**
   * By structure: arrays, typed arrays, Maps, Sets, Dates, plain objects. An absent property differs from an undefined
   * one.
   */
  deepEqual<T>(actual: T, expected: T, message?: string): void
  /** Answers the error, which must be of the class or satisfy the test. */
  rejects<E extends Error = Error>(
    promise: Promise<unknown>,
    expected?: ErrorClass<E> | ((error: unknown) => boolean),
  ): Promise<E>
  fail(message: string): never
}

// biome-ignore lint/suspicious/noExplicitAny: the constructor's arguments don't matter
type ErrorClass<E> = abstract new (...args: any[]) => E

export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

export const assert: Assert = {
  ok(value, message) {
    if (!value) fail(message ?? `${show(value)} should be truthy`)
  },
  equal(actual, expected, message) {
    if (!Object.is(actual, expected)) fail(`${message ?? 'not equal'}: ${show(actual)}, expected ${show(expected)}`)
  },
  deepEqual(actual, expected, message) {
    const path = difference(actual, expected, '')
    if (path !== null)
      fail(
        `${message ?? 'not equal'} at ${path === '' ? 'the root' : path}: ${show(actual)}, expected ${show(expected)}`,
      )
  },
  async rejects<E extends Error>(promise: Promise<unknown>, expected?: ErrorClass<E> | ((error: unknown) => boolean)) {
    let value: unknown
    try {
      value = await promise
    } catch (error) {
      if (expected !== undefined && !matches(error, expected)) {
        throw new AssertionError(`another error than expected (${expected.name}): ${String(error)}`, { cause: error })
      }
      return error as E
    }
    return fail(`should have been rejected, answered ${show(value)}`)
  },
  fail,
}

function fail(message: string): never {
  throw new AssertionError(message)
}

function matches(error: unknown, expected: ErrorClass<Error> | ((error: unknown) => boolean)): boolean {
  // A class can't be called, a plain function makes no errors: the prototype tells them apart.
  if (expected.prototype instanceof Error || (expected as unknown) === Error)
    return error instanceof (expected as ErrorClass<Error>)
  return (expected as (error: unknown) => boolean)(error)
}

/** Where the two differ, as a path; null if nowhere. */
function difference(a: unknown, b: unknown, path: string): string | null {
  if (Object.is(a, b)) return null
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return path
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return path
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime()) ? null : path
  if (a instanceof Map || a instanceof Set) return difference([...a], [...(b as Iterable<unknown>)], path)
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return path
  for (const key of keys) {
    if (!Object.hasOwn(b, key)) return `${path}.${key}`
    const inside = difference(a[key as keyof typeof a], b[key as keyof typeof b], `${path}.${key}`)
    if (inside !== null) return inside
  }
  return null
}

function show(value: unknown): string {
  const seen = new Set<unknown>()
  const text = JSON.stringify(value, (_key, part) => {
    if (typeof part === 'bigint') return `${part}n`
    if (typeof part === 'object' && part !== null) {
      if (seen.has(part)) return '[seen]'
      seen.add(part)
      if (part instanceof Uint8Array)
        return `bytes(${Array.from(part.subarray(0, 32)).join(' ')}${part.length > 32 ? ' …' : ''})`
      if (part instanceof Map || part instanceof Set) return [...part]
      if (part instanceof Error) return String(part)
    }
    return part
  })
  const whole = text ?? String(value)
  return whole.length > 500 ? `${whole.slice(0, 500)}…` : whole
}
