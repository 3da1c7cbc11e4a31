/**
 * The last three offsets, which a sequence may name by 1, 2 or 3 (RFC 8878, 3.1.1.5); other offsets are named by 3 more
 * than themselves.
 */
export class OffsetHistory {
  first = 1
  second = 4
  third = 8

  /**
   * The offset this value names, 0 for an impossible one; it becomes the latest. Without literals the three are shifted
   * by one.
   */
  take(value: number, noLiterals: boolean): number {
    if (value > 3) return this.push(value - 3)
    const which = noLiterals ? value + 1 : value
    if (which === 1) return this.first
    if (which === 2) {
      const offset = this.second
      this.second = this.first
      this.first = offset
      return offset
    }
    return this.push(which === 3 ? this.third : this.first - 1)
  }

  private push(offset: number): number {
    this.third = this.second
    this.second = this.first
    this.first = offset
    return offset
  }

  /** The value that names this offset. */
  name(offset: number, noLiterals: boolean): number {
    if (!noLiterals && offset === this.first) return 1
    const shift = noLiterals ? 1 : 0
    if (offset === this.second) return 2 - shift
    if (offset === this.third) return 3 - shift
    return noLiterals && offset === this.first - 1 ? 3 : offset + 3
  }

  /** As it was: for a block that is written another way after all. */
  restore({ first, second, third }: OffsetHistory): void {
    this.first = first
    this.second = second
    this.third = third
  }

  copy(): OffsetHistory {
    const copy = new OffsetHistory()
    copy.restore(this)
    return copy
  }
}
