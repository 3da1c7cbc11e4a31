/**
 * The bytes that may be fetched ahead, in even shares for all brokers: a poll holds its room as long as it waits for
 * messages, and who comes first must not take what the others need.
 */
export class PrefetchBudget {
  private readonly bytes: number
  private total = 0
  /** By broker id. */
  private readonly held = new Map<number, number>()

  constructor(bytes: number) {
    this.bytes = bytes
  }

  /**
   * How many bytes one of so many brokers may be asked for; 0: none until some are given back. `least`: of one
   * partition.
   */
  for(broker: number, brokers: number, { most, least }: { most: number; least: number }): number {
    const all = Math.max(this.bytes, brokers)
    const share = Math.floor(all / brokers)
    // Half of it at most, so that another answer can be on its way while one is read.
    const asked = Math.min(most, Math.max(Math.min(least, share), Math.floor(share / 2)))
    const own = this.held.get(broker) ?? 0
    return (own === 0 || own + asked <= share) && (this.total === 0 || this.total + asked <= all) ? asked : 0
  }

  take(broker: number, bytes: number): void {
    this.total += bytes
    this.held.set(broker, (this.held.get(broker) ?? 0) + bytes)
  }

  give(broker: number, bytes: number): void {
    this.total -= bytes
    const left = this.held.get(broker)! - bytes
    if (left > 0) this.held.set(broker, left)
    else this.held.delete(broker)
  }
}
