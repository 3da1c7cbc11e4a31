import { type Address, formatAddress } from '../base/address.ts'
import { Deadline } from '../base/deadline.ts'
import { ClosedError, ConnectionError, messageOf } from '../base/errors.ts'
import { abortable, sleep } from '../base/signals.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { Settings } from './config.ts'
import type { ConnectionOptions, Lane } from './lane.ts'
import { open, reauthenticate } from './open.ts'
import { Troubles } from './troubles.ts'

/** One place for a connection: a broker's lane, and the key within it. */
interface Slot {
  readonly id: string
  readonly address: Address
  readonly broker: string
  readonly lane: Lane
  readonly opening: Promise<BrokerConnection>
  connection: BrokerConnection | undefined
  /** Counts towards the adapter's limit. */
  admitted: boolean
  /** By the monotonic clock, as all times here. */
  usedAt: number
  authenticateAt: number
  /** Handed out for another lane than the one it was opened for. */
  shared: boolean
}

/**
 * The open connections of a transport, by broker, lane and key. Each is opened once however many ask, again after a failure with a growing
 * wait per broker, and closed when idle. One timer looks after them all, and runs only while there are any.
 */
export class Pool {
  private readonly settings: Settings
  private readonly troubles: Troubles
  private readonly slots = new Map<string, Slot>()
  private readonly leaving = new Set<BrokerConnection>()
  private readonly lifetime = new AbortController()
  private timer: { readonly at: number; cancel(): void } | undefined
  private closing: Promise<void> | undefined

  constructor(settings: Settings) {
    this.settings = settings
    this.troubles = new Troubles(settings.clock, settings.backoff)
  }

  /** An open connection, made if need be. */
  async connection(address: Address, lane: Lane, { key = '', signal, timeoutMs }: ConnectionOptions = {}): Promise<BrokerConnection> {
    signal?.throwIfAborted()
    if (this.closing !== undefined) throw transportClosed()
    const broker = formatAddress(address)
    const id = `${broker} ${lane} ${key}`
    const slot = this.slots.get(id) ?? this.slotToShare(broker, lane)
    if (slot?.connection?.closed === false) return this.use(slot, slot.connection)
    // A connection that has just ended leaves its slot a moment later.
    const opening = slot !== undefined && slot.connection === undefined ? slot.opening : this.begin(id, address, broker, lane)
    if (timeoutMs === undefined) return abortable(opening, signal)
    const late = (): unknown => new ConnectionError(broker, `not connected within ${timeoutMs} ms`)
    return new Deadline(timeoutMs, this.settings.clock).bound(opening, late, { ...(signal && { signal }) })
  }

  /** The least busy open connection of a lane to one of these brokers. */
  anyOpen(lane: Lane, brokers: ReadonlySet<string>): BrokerConnection | undefined {
    let best: Slot | undefined
    for (const slot of this.slots.values()) {
      if (slot.lane !== lane || slot.connection === undefined || !brokers.has(slot.broker)) continue
      if (best === undefined || slot.connection.inFlight < best.connection!.inFlight) best = slot
    }
    return best && this.use(best, best.connection!)
  }

  /** Milliseconds for which this broker should be left alone: it failed lately. */
  troubleOf(address: Address): number {
    return this.troubles.wait(formatAddress(address))
  }

  /** Ends a connection that its user alone had, and what still waits on it. One that others share stays. */
  release(connection: BrokerConnection): void {
    const slot = [...this.slots.values()].find(candidate => candidate.connection === connection)
    if (slot?.shared) return
    if (slot !== undefined) this.slots.delete(slot.id)
    connection.abort(new ClosedError(`${connection.broker}: its user has closed`))
  }

  /** Closes what no request uses, of one broker or of all. What is in use takes no new requests and closes when the last is answered. */
  closeIdle(broker?: string): void {
    for (const slot of [...this.slots.values()])
      if (slot.connection !== undefined && (broker === undefined || slot.broker === broker)) this.leave(slot)
  }

  /** Ends everything; bounded by the patience of BrokerConnection.close. */
  close(): Promise<void> {
    this.closing ??= this.closeAll()
    return this.closing
  }

  private async closeAll(): Promise<void> {
    this.lifetime.abort(transportClosed())
    this.timer?.cancel()
    const ends = [...this.leaving].map(connection => connection.close())
    // A slot's opening stays settled with the connection it made.
    for (const { opening } of this.slots.values())
      ends.push(
        opening.then(
          connection => connection.close(),
          () => {},
        ),
      )
    await Promise.all(ends)
  }

  private use(slot: Slot, connection: BrokerConnection): BrokerConnection {
    slot.usedAt = this.settings.clock.monotonic()
    return connection
  }

  private begin(id: string, address: Address, broker: string, lane: Lane): Promise<BrokerConnection> {
    const slot: Slot = {
      id,
      address,
      broker,
      lane,
      opening: Promise.resolve().then(() => this.openSlot(slot)),
      connection: undefined,
      admitted: false,
      usedAt: 0,
      authenticateAt: Number.POSITIVE_INFINITY,
      shared: false,
    }
    this.slots.set(id, slot)
    return slot.opening
  }

  private async openSlot(slot: Slot): Promise<BrokerConnection> {
    const { clock, logger } = this.settings
    const { signal } = this.lifetime
    const { broker } = slot
    try {
      const wait = this.troubles.wait(broker)
      if (wait > 0) await sleep(wait, { signal, clock })
      await this.makeRoom(slot)
      const { connection, authenticateAt } = await open(this.settings, slot.address, slot.lane, signal)
      const openedAt = clock.monotonic()
      slot.connection = connection
      slot.usedAt = openedAt
      slot.authenticateAt = authenticateAt
      void connection.onClose.then(() => this.ended(slot, connection, openedAt))
      this.wakeAt(Math.min(openedAt + this.settings.idleTimeout, authenticateAt))
      return connection
    } catch (error) {
      this.slots.delete(slot.id)
      if (!signal.aborted) {
        this.troubles.refused(broker)
        logger.warn(`${broker}: no connection (${slot.lane}): ${messageOf(error)}`)
      }
      throw error
    }
  }

  /** The connection is gone. While its slot still has it, that was none of our doing. */
  private ended(slot: Slot, connection: BrokerConnection, openedAt: number): void {
    this.leaving.delete(connection)
    if (this.slots.get(slot.id) === slot) {
      this.slots.delete(slot.id)
      this.troubles.lost(slot.broker, openedAt)
    } else this.troubles.forget(slot.broker)
    if (this.slots.size === 0) this.stopTimer()
  }

  private leave(slot: Slot): void {
    const connection = slot.connection!
    this.slots.delete(slot.id)
    this.leaving.add(connection)
    void connection.close()
  }

  /** Under a connection limit, a lane that has none of its own takes another's to the same broker. Groups never do: a JoinGroup waits long. */
  private slotToShare(broker: string, lane: Lane): Slot | undefined {
    if (lane === 'group' || !this.full || this.idleSlot() !== undefined) return undefined
    for (const slot of this.slots.values()) {
      if (slot.broker !== broker || slot.lane === 'group') continue
      slot.shared = true
      return slot
    }
    return undefined
  }

  private get full(): boolean {
    const limit = this.settings.adapter.limits?.connections
    if (limit === undefined) return false
    let count = this.leaving.size
    for (const { admitted } of this.slots.values()) if (admitted) count++
    return count >= limit
  }

  private idleSlot(): Slot | undefined {
    let longest: Slot | undefined
    for (const slot of this.slots.values()) {
      if (slot.connection?.inFlight === 0 && (longest === undefined || lastUsed(slot) < lastUsed(longest))) longest = slot
    }
    return longest
  }

  /** Waits until the adapter's limit allows one more connection; closes idle ones for it. */
  private async makeRoom(slot: Slot): Promise<void> {
    const { adapter, clock, dialTimeout, backoff } = this.settings
    const { signal } = this.lifetime
    const deadline = new Deadline(dialTimeout, clock)
    while (this.full) {
      const idle = this.idleSlot()
      if (idle !== undefined) this.leave(idle)
      if (deadline.passed)
        throw new ConnectionError(
          slot.broker,
          `all ${adapter.limits?.connections} connections that the ${adapter.name} adapter allows are in use`,
        )
      await sleep(Math.min(backoff.min, deadline.remaining), { signal, clock })
    }
    slot.admitted = true
  }

  private wakeAt(at: number): void {
    if (this.timer !== undefined && this.timer.at <= at) return
    this.stopTimer()
    const { clock } = this.settings
    this.timer = { at, cancel: clock.after(at - clock.monotonic(), () => this.sweep()) }
  }

  private stopTimer(): void {
    this.timer?.cancel()
    this.timer = undefined
  }

  private sweep(): void {
    this.timer = undefined
    const { clock, idleTimeout } = this.settings
    const now = clock.monotonic()
    let next = Number.POSITIVE_INFINITY
    for (const slot of [...this.slots.values()]) {
      const { connection } = slot
      if (connection === undefined) continue
      const idleAt = lastUsed(slot) + idleTimeout
      if (idleAt <= now && connection.inFlight === 0) {
        this.leave(slot)
        continue
      }
      if (slot.authenticateAt <= now) this.reauthenticate(slot, connection)
      next = Math.min(next, slot.authenticateAt, idleAt <= now ? now + idleTimeout : idleAt)
    }
    if (next !== Number.POSITIVE_INFINITY) this.wakeAt(next)
  }

  private reauthenticate(slot: Slot, connection: BrokerConnection): void {
    slot.authenticateAt = Number.POSITIVE_INFINITY
    reauthenticate(this.settings, slot.address, connection, this.lifetime.signal).then(
      at => {
        slot.authenticateAt = at
        if (!connection.closed) this.wakeAt(at)
      },
      error => {
        this.settings.logger.warn(`${slot.broker}: authenticating anew failed: ${messageOf(error)}`)
        connection.abort(error)
      },
    )
  }
}

function lastUsed({ usedAt, connection }: Slot): number {
  return Math.max(usedAt, connection?.lastUsed ?? 0)
}

function transportClosed(): ClosedError {
  return new ClosedError('the transport is closed')
}
