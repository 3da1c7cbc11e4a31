import { type Address, formatAddress } from '../base/address.ts'
import { Deadline } from '../base/deadline.ts'
import { ClosedError, ConnectionError, messageOf, NoConnectionLeftError } from '../base/errors.ts'
import { abortable } from '../base/signals.ts'
import type { BrokerConnection } from '../socket/connection.ts'
import type { Peer } from '../socket/peer.ts'
import { Addresses } from './addresses.ts'
import { BrokerBackoff } from './broker-backoff.ts'
import { inBackground } from './detached.ts'
import { HangUps } from './hang-ups.ts'
import type { ConnectionOptions, Lane } from './lane.ts'
import { open } from './open.ts'
import type { Settings } from './settings.ts'

/** One place for a connection: a broker's lane, and the key within it. */
interface Slot {
  id: string
  readonly address: Address
  readonly broker: string
  lane: Lane
  key: string
  /** Whom it is known to lead to, or is being asked for. */
  peer: Peer | undefined
  readonly guess: ConnectionOptions['guess'] | undefined
  readonly opening: Promise<BrokerConnection>
  connection: BrokerConnection | undefined
  /** Counts towards the adapter's limit. */
  /** It waits until the adapter's limit allows it. */
  wantsRoom: boolean
  admitted: boolean
  /** By the monotonic clock, as all times here. */
  usedAt: number
  authenticateAt: number
  /** We are ending it ourselves. */
  leaving: boolean
  /** Handed out for another lane than the one it was opened for. */
  shared: boolean
}

/** Under a connection limit, one used so lately is shared rather than closed to make room, in milliseconds. */
const restBeforeClosing = 1000
/** One that was answered so lately leads to a broker that lives, in milliseconds. */
const stillWarm = 1000

/**
 * The open connections of a transport, by broker, lane and key. Each is opened once however many ask, again after a
 * failure with a growing wait per broker, and closed when idle. One timer looks after them all, and runs only while
 * there are any.
 */
export class Pool {
  readonly #settings: Settings
  readonly #troubles: BrokerBackoff
  readonly #addresses: Addresses
  readonly #hangUps = new HangUps()
  readonly #slots = new Map<string, Slot>()
  readonly #leaving = new Set<BrokerConnection>()
  #timer: { readonly at: number; cancel(): void } | undefined
  #closing: Promise<void> | undefined
  #keys = 0

  constructor(settings: Settings) {
    this.#settings = settings
    this.#troubles = new BrokerBackoff(settings.clock, settings.backoff)
    this.#addresses = new Addresses(settings)
  }

  /** A key that nobody else has. */
  newKey(): string {
    return `own-${++this.#keys}`
  }

  /** An open connection, made if need be. */
  async connection(
    address: Address,
    lane: Lane,
    { key = '', signal, timeoutMs, peer, guess }: ConnectionOptions = {},
  ): Promise<BrokerConnection> {
    signal?.throwIfAborted()
    this.#settings.lifetime.enter()
    const broker = formatAddress(address)
    const id = idOf(broker, lane, key)
    const slot = this.#slots.get(id) ?? this.#slotToShare(broker, lane) ?? this.#slotToMove({ id, broker, lane, key })
    if (slot?.connection?.closed === false) {
      // It may have been opened to whoever listens there.
      if (peer !== undefined && peer.nodeId >= 0 && slot.peer?.nodeId !== peer.nodeId) {
        slot.peer = peer
        slot.connection.confirm(peer)
      }
      return this.#use(slot, slot.connection)
    }
    // A connection that has just ended leaves its slot a moment later.
    const opening =
      slot !== undefined && slot.connection === undefined
        ? slot.opening
        : this.#begin({ id, address, broker, lane, key, peer, guess })
    if (timeoutMs === undefined) return abortable(opening, signal)
    const late = (): unknown =>
      this.#slots.get(id)?.wantsRoom === true
        ? this.#noneLeft(broker)
        : new ConnectionError(broker, `not connected within ${timeoutMs} ms`)
    return new Deadline(timeoutMs, this.#settings.clock).bound(opening, late, { ...(signal && { signal }) })
  }

  /** What its user alone has to a broker, if it is open and nothing waits on it. */
  idle(address: Address, lane: Lane, key: string): BrokerConnection | undefined {
    const slot = this.#slots.get(idOf(formatAddress(address), lane, key))
    const connection = slot?.connection
    return connection?.closed === false && connection.inFlight === 0 ? this.#use(slot!, connection) : undefined
  }

  /** The least busy open connection of a lane to one of these brokers. */
  anyOpen(lane: Lane, brokers: ReadonlySet<string>): BrokerConnection | undefined {
    let best: Slot | undefined
    for (const slot of this.#slots.values()) {
      if (slot.lane !== lane || slot.connection?.closed !== false || !brokers.has(slot.broker)) continue
      if (best === undefined || slot.connection.inFlight < best.connection!.inFlight) best = slot
    }
    return best && this.#use(best, best.connection!)
  }

  /** Whether a broker, as host:port, has ever answered on a connection that has ended. */
  hasAnswered(broker: string): boolean {
    return this.#hangUps.hasAnswered(broker)
  }

  /** How often this broker failed in a row. */
  troubleOf(address: Address): number {
    return this.#troubles.failures(formatAddress(address))
  }

  /** Ends a connection that its user alone had, and what still waits on it. One that others share stays. */
  release(connection: BrokerConnection): void {
    const slot = [...this.#slots.values()].find(candidate => candidate.connection === connection)
    if (slot?.shared) return
    if (slot !== undefined) {
      slot.leaving = true
      this.#slots.delete(slot.id)
    }
    connection.abort(new ClosedError(`${connection.broker}: its user has closed`))
  }

  /**
   * The same for all that were asked for by this key, those still being opened, too: nobody else would ever use them.
   */
  releaseKey(key: string): void {
    for (const { key: own, connection, opening } of [...this.#slots.values()]) {
      if (own !== key) continue
      if (connection !== undefined) this.release(connection)
      else
        opening.then(
          opened => this.release(opened),
          () => {},
        )
    }
  }

  /**
   * Closes what no request uses; what is in use takes no new requests and closes when the last is answered. All, or
   * those of these places.
   */
  closeIdle(of: (place: Pick<Slot, 'broker' | 'lane'>) => boolean = () => true): void {
    for (const slot of [...this.#slots.values()]) if (slot.connection !== undefined && of(slot)) void this.#leave(slot)
  }

  /** Closes the connections to a broker that no request uses. */
  closeIdleTo(broker: string): void {
    for (const slot of [...this.#slots.values()])
      if (slot.broker === broker && slot.connection?.inFlight === 0) void this.#leave(slot)
  }

  /** Ends everything; bounded by the patience of BrokerConnection.close. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll()
    return this.#closing
  }

  async #closeAll(): Promise<void> {
    this.#timer?.cancel()
    const ends = [...this.#leaving].map(connection => connection.close())
    // A slot's opening stays settled with the connection it made.
    for (const { opening } of this.#slots.values())
      ends.push(
        opening.then(
          connection => connection.close(),
          () => {},
        ),
      )
    await Promise.all(ends)
  }

  #use(slot: Slot, connection: BrokerConnection): BrokerConnection {
    slot.usedAt = this.#settings.clock.monotonic()
    return connection
  }

  #begin(
    place: Pick<Slot, 'id' | 'address' | 'broker' | 'lane' | 'key' | 'peer' | 'guess'>,
  ): Promise<BrokerConnection> {
    const slot: Slot = {
      ...place,
      opening: this.#settings.detached(() => Promise.resolve().then(() => this.#openSlot(slot))),
      connection: undefined,
      wantsRoom: false,
      admitted: false,
      usedAt: 0,
      authenticateAt: Number.POSITIVE_INFINITY,
      leaving: false,
      shared: false,
    }
    this.#slots.set(slot.id, slot)
    return slot.opening
  }

  async #openSlot(slot: Slot): Promise<BrokerConnection> {
    const { clock, lifetime, logger } = this.#settings
    const { broker } = slot
    try {
      const wait = this.#troubles.wait(broker)
      if (wait > 0) await lifetime.sleep(wait)
      this.#hangUps.throwIfRefused(broker)
      await this.#makeRoom(slot)
      const { connection, host, authenticateAt } = await open(this.#settings, this.#addresses, slot)
      const openedAt = clock.monotonic()
      slot.connection = connection
      slot.usedAt = openedAt
      slot.authenticateAt = authenticateAt
      void connection.onClose.then(reason => {
        if (!slot.leaving) this.#addresses.failed(host)
        if (connection.answered) this.#hangUps.answered(broker)
        this.#hangUps.note(broker, reason, clock.monotonic())
        this.#ended(slot, connection, openedAt)
      })
      this.#wakeAt(Math.min(openedAt + this.#settings.idleTimeout, authenticateAt))
      return connection
    } catch (error) {
      this.#slots.delete(slot.id)
      if (lifetime.ended) throw error
      // That the runtime allows no more says nothing of the broker.
      if (!(error instanceof NoConnectionLeftError)) this.#troubles.refused(broker)
      logger.warn(`${broker}: no connection (${slot.lane}): ${messageOf(error)}`)
      this.#hangUps.note(broker, error, clock.monotonic())
      this.#hangUps.throwIfRefused(broker)
      throw error
    }
  }

  #ended(slot: Slot, connection: BrokerConnection, openedAt: number): void {
    this.#leaving.delete(connection)
    if (this.#slots.get(slot.id) === slot) this.#slots.delete(slot.id)
    if (slot.leaving) this.#troubles.forget(slot.broker)
    else this.#troubles.lost(slot.broker, openedAt)
    if (this.#slots.size === 0) this.#stopTimer()
  }

  #leave(slot: Slot): Promise<void> {
    const connection = slot.connection!
    slot.leaving = true
    this.#slots.delete(slot.id)
    this.#leaving.add(connection)
    // What comes while it drains goes out behind that, and is answered before the end.
    const drained = connection.inFlight === 0 ? Promise.resolve() : connection.exclusive(async () => {}).catch(() => {})
    return drained.then(() => connection.close())
  }

  /**
   * Under a connection limit, a lane that has none of its own takes another's to the same broker. Groups never do: a
   * JoinGroup waits long.
   */
  #slotToShare(broker: string, lane: Lane): Slot | undefined {
    if (lane === 'group' || !this.#full || this.#idleSlot(restBeforeClosing) !== undefined) return undefined
    for (const slot of this.#slots.values()) {
      if (slot.broker !== broker || slot.lane === 'group') continue
      slot.shared = true
      return slot
    }
    return undefined
  }

  /**
   * What was opened to ask about the cluster, and has just been answered, becomes the connection of the lane that is
   * wanted now: a new one costs two round trips, and questions come seldom from then on. The next opens its own.
   */
  #slotToMove({ id, broker, lane, key }: Pick<Slot, 'id' | 'broker' | 'lane' | 'key'>): Slot | undefined {
    const slot = this.#slots.get(idOf(broker, 'control', ''))
    if (lane === 'control' || slot?.connection?.inFlight !== 0 || slot.connection.closed || slot.shared)
      return undefined
    if (this.#settings.clock.monotonic() - slot.connection.lastUsed > stillWarm) return undefined
    // Only for what begins: in a program at work its next question would have to wait for another instead.
    for (const other of this.#slots.values())
      if (other !== slot && other.broker === broker && other.lane !== 'group') return undefined
    const { id: controlId, address, peer } = slot
    this.#slots.delete(controlId)
    Object.assign(slot, { id, lane, key })
    slot.connection.lane = lane
    this.#slots.set(id, slot)
    // A member commits and looks about while its join takes long: that is the time to connect.
    if (lane === 'group')
      this.#begin({ id: controlId, address, broker, lane: 'control', key: '', peer, guess: undefined }).catch(() => {})
    return slot
  }

  get #full(): boolean {
    const limit = this.#settings.adapter.limits?.connections
    if (limit === undefined) return false
    let count = this.#leaving.size
    for (const { admitted } of this.#slots.values()) if (admitted) count++
    return count >= limit
  }

  /** The one unused for longest, if that is so long. */
  #idleSlot(milliseconds: number): Slot | undefined {
    const since = this.#settings.clock.monotonic() - milliseconds
    let longest: Slot | undefined
    for (const slot of this.#slots.values()) {
      if (slot.connection?.inFlight !== 0 || lastUsed(slot) > since) continue
      if (longest === undefined || lastUsed(slot) < lastUsed(longest)) longest = slot
    }
    return longest
  }

  /** Waits until the adapter's limit allows one more connection; closes idle ones for it. */
  async #makeRoom(slot: Slot): Promise<void> {
    const { clock, dialTimeout, backoff, lifetime } = this.#settings
    const deadline = new Deadline(dialTimeout, clock)
    slot.wantsRoom = true
    while (this.#full) {
      const idle = this.#idleSlot(0)
      if (idle !== undefined) await this.#leave(idle)
      else if (deadline.passed) throw this.#noneLeft(slot.broker)
      else await lifetime.sleep(Math.min(backoff.min, deadline.remaining))
    }
    slot.wantsRoom = false
    slot.admitted = true
  }

  #noneLeft(broker: string): NoConnectionLeftError {
    const { limits, name } = this.#settings.adapter
    const all = `all ${limits?.connections} connections that the ${name} adapter allows are in use`
    return new NoConnectionLeftError(broker, all)
  }

  #wakeAt(at: number): void {
    const { clock, lifetime } = this.#settings
    if (lifetime.ended || (this.#timer !== undefined && this.#timer.at <= at)) return
    this.#stopTimer()
    this.#timer = { at, cancel: inBackground(clock, at - clock.monotonic(), () => this.#sweep()) }
  }

  #stopTimer(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #sweep(): void {
    this.#timer = undefined
    const { clock, idleTimeout } = this.#settings
    const now = clock.monotonic()
    let next = Number.POSITIVE_INFINITY
    for (const slot of [...this.#slots.values()]) {
      const { connection } = slot
      if (connection === undefined) continue
      const idleAt = lastUsed(slot) + idleTimeout
      if (idleAt <= now && connection.inFlight === 0) {
        void this.#leave(slot)
        continue
      }
      // What the broker does not read would not be answered in time.
      if (slot.authenticateAt <= now && connection.lastUsed > now) slot.authenticateAt = connection.lastUsed
      if (slot.authenticateAt <= now) this.#reauthenticate(slot, connection)
      next = Math.min(next, slot.authenticateAt, idleAt <= now ? now + idleTimeout : idleAt)
    }
    if (next !== Number.POSITIVE_INFINITY) this.#wakeAt(next)
  }

  #reauthenticate(slot: Slot, connection: BrokerConnection): void {
    slot.authenticateAt = Number.POSITIVE_INFINITY
    const settings = this.#settings
    settings.authenticate!(settings, slot.address, connection, settings.dialTimeout).then(
      at => {
        slot.authenticateAt = at
        if (!connection.closed) this.#wakeAt(at)
      },
      error => {
        settings.logger.warn(`${slot.broker}: authenticating anew failed: ${messageOf(error)}`)
        connection.abort(error)
      },
    )
  }
}

function lastUsed({ usedAt, connection }: Slot): number {
  return Math.max(usedAt, connection?.lastUsed ?? 0)
}

function idOf(broker: string, lane: Lane, key: string): string {
  return `${broker} ${lane} ${key}`
}
