/** How many bytes may be buffered. */
export class BufferMemory {
  /** Bytes taken. */
  taken = 0
  readonly most: number

  constructor(most: number) {
    this.most = most
  }

  /** Whether one message of `bytes` fits in. When nothing is buffered any one message does. */
  has(bytes: number): boolean {
    return this.taken === 0 || this.taken + bytes <= this.most
  }

  /** Whether several messages of `bytes` together fit in. */
  hasForAll(bytes: number): boolean {
    return this.taken + bytes <= this.most
  }

  release(bytes: number): void {
    this.taken -= bytes
  }
}
