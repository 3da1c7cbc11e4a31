// Copying within and into a decompressor's output. A DataView moves four bytes at once, the most plain JavaScript can,
// and with so little ado that for the few bytes usual it beats copyWithin and set, which are calls into the engine,
// several times over.

/** Beyond this the engine's own copying is quicker. */
const worthACall = 192

/**
 * How much longer than what is copied loosely both its source and its target must be. Three bytes would do, but Node
 * 24's compiler gives up on functions that store four bytes less than eight from a view's end.
 */
export const looseness = 8

/** Copies `length` bytes of from[start…] to `at`, and up to three more: both views go on by `looseness`. */
export function copyLoosely(into: DataView, at: number, from: DataView, start: number, length: number): void {
  for (const end = at + length; at < end; at += 4, start += 4) into.setInt32(at, from.getInt32(start, true), true)
}

/**
 * Appends to bytes[0, at), of which `view` is a view, the `length` bytes that begin `distance` before its end, and up
 * to three more. Where they reach beyond that end, what is appended repeats.
 */
export function copyMatch(bytes: Uint8Array, view: DataView, at: number, distance: number, length: number): void {
  if (length > worthACall) copyLongMatch(bytes, at, distance, length)
  else if (distance > 3) copyLoosely(view, at, view, at - distance, length)
  else for (const end = at + length; at < end; at++) bytes[at] = bytes[at - distance]!
}

function copyLongMatch(bytes: Uint8Array, at: number, distance: number, length: number): void {
  const from = at - distance
  // What repeats is there once at first, then twice, four times …
  for (const end = at + length; at < end; ) {
    const stop = Math.min(at, from + end - at)
    bytes.copyWithin(at, from, stop)
    at += stop - from
  }
}

/** Copies from[start, end) to `at`, exactly. */
export function copyExactly(into: Uint8Array, at: number, from: Uint8Array, start: number, end: number): void {
  if (end - start > worthACall) into.set(from.subarray(start, end), at)
  else while (start < end) into[at++] = from[start++]!
}

/**
 * Copies from[start, end) to `at`, loosely if that is quick and `from` goes on far enough. `view` and `source` are
 * views of the two.
 */
export function copyLiterals(
  into: Uint8Array,
  view: DataView,
  at: number,
  from: Uint8Array,
  source: DataView,
  start: number,
  end: number,
): void {
  if (end - start <= worthACall && end + looseness <= from.length) copyLoosely(view, at, source, start, end - start)
  else copyExactly(into, at, from, start, end)
}

/** A view of just these bytes. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
