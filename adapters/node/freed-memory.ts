const kept = 16 * 1024 * 1024

let asked = false

/**
 * Has the allocator keep what is freed. glibc gives memory of a batch's size back to the system, and each new batch pays
 * for its pages again (a quarter of the CPU of reading messages of 1 KiB), until something as large as this was freed
 * once: from then on it keeps up to twice as much (mallopt(3), M_MMAP_THRESHOLD). Nothing is written to it, so it takes
 * no memory itself.
 */
export function keepFreedMemory(): void {
  if (asked) return
  asked = true
  Buffer.allocUnsafeSlow(kept)
}
