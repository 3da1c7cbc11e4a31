import { deferred } from '../../src/base/deferred.ts'
import { linkSignals, sleep } from '../../src/base/signals.ts'
import { CloseCode } from '../shared/bridge-wire.ts'
import { type Admission, admit, type UpgradeRequest } from './admission.ts'
import { Budget } from './budget.ts'
import type { Channel } from './channel.ts'
import type { BridgeConfig } from './config.ts'
import { ConnectionLimits } from './connection-limits.ts'
import { Metrics } from './metrics.ts'
import { Refusal } from './refusal.ts'
import { Relay, tickInterval } from './relay.ts'
import { type Settings, settingsOf } from './settings.ts'
import { Targets } from './targets.ts'

// Who knocks too often is told so late, in milliseconds: at once it would knock again at once. But only so many wait.
const knockingPause = 1_000
const mostWaiting = 256

/**
 * What a bridge is in every runtime: who gets in, what goes through, and how it ends. The runtime brings the
 * WebSockets.
 */
export class Bridge {
  readonly settings: Settings
  readonly metrics: Metrics
  readonly #targets: Targets
  readonly #places: ConnectionLimits
  readonly #budget: Budget
  readonly #relays = new Set<Relay>()
  readonly #entering = new Set<AbortController>()
  #waiting = 0
  #stopping = false
  readonly #emptied = deferred<void>()

  constructor(config: BridgeConfig) {
    const settings = settingsOf(config)
    this.settings = settings
    this.#targets = new Targets(settings)
    this.#places = new ConnectionLimits(settings.limits, settings.clock)
    this.#budget = new Budget(settings.limits.heldBytes, settings.confined)
    this.metrics = new Metrics(
      () => this.#places.count,
      () => this.#budget.used,
      settings.limits.heldBytes,
    )
  }

  get stopping(): boolean {
    return this.#stopping
  }

  /** Connections now, those being opened included. */
  get connections(): number {
    return this.#places.count
  }

  /** Lets a client in, or throws a Refusal: never anything else. */
  async admit({ header, url, ...request }: UpgradeRequest): Promise<Admission> {
    const { controller, signal, release } = linkSignals(request.signal)
    this.#entering.add(controller)
    let { remoteAddress } = request
    try {
      if (this.stopping) throw stopped()
      if (this.#budget.tight) throw new Refusal(503, 'memory', 'the bridge has no memory to spare: try later')
      remoteAddress = this.settings.remoteAddress(header, remoteAddress)
      const admission = await admit(this.settings, this.#targets, this.#places, { url, header, remoteAddress, signal })
      // Whoever came too late finds nobody to talk to.
      if (!signal.aborted && !this.stopping) return admission
      admission.socket.abort()
      admission.leave()
      throw signal.aborted ? signal.reason : stopped()
    } catch (error) {
      const refusal = error instanceof Refusal ? error : this.#explain(error, signal)
      this.#report(refusal, remoteAddress)
      if (refusal.reason === 'rate') await this.#letWait(signal)
      throw refusal
    } finally {
      this.#entering.delete(controller)
      release()
    }
  }

  async #letWait(signal: AbortSignal): Promise<void> {
    if (this.#waiting >= mostWaiting) return
    this.#waiting++
    await sleep(knockingPause, { signal, clock: this.settings.clock }).catch(() => {})
    this.#waiting--
  }

  /** Gives up an admission that no WebSocket came for; the answer says so. */
  abandon({ leave, remoteAddress, socket }: Admission, cause?: unknown): Refusal {
    socket.abort()
    leave()
    const refusal =
      cause instanceof Refusal ? cause : new Refusal(400, 'request', 'that is no WebSocket handshake', { cause })
    this.#report(refusal, remoteAddress)
    return refusal
  }

  /** Turns an upgrade down before anything else is asked; the answer says so. */
  refuse(refusal: Refusal, remoteAddress: string): Refusal {
    this.#report(refusal, remoteAddress)
    return refusal
  }

  /**
   * Starts the traffic. The channel's owner tells the relay what comes, and `closed`, which settles once nothing is
   * left, when it ends.
   */
  relay(admission: Admission, channel: Channel): Relaying {
    const { metrics, settings } = this
    const relay = new Relay(admission, channel, {
      settings,
      metrics,
      budget: this.#budget,
      stopping: () => this.stopping,
    })
    this.#relays.add(relay)
    this.metrics.opened++
    this.settings.logger.info('opened', describe(admission))
    let ended: Promise<void> | undefined
    const closed = (code: number): Promise<void> => {
      ended ??= this.#ended(relay, code)
      return ended
    }
    const gone = async (code: number): Promise<void> => {
      await closed(code)
      admission.leave()
    }
    return { relay, closed, gone }
  }

  /**
   * Takes nobody in any more, lets every connection finish what is under way, and closes it. Bounded by the limits'
   * timeouts.
   */
  async close(): Promise<void> {
    this.#stopping = true
    if (this.settings.confined) return this.#empty()
    for (const controller of this.#entering) controller.abort(stopped())
    for (const relay of this.#relays) relay.drain(CloseCode.GoingAway, 'the bridge is stopping')
    if (this.#relays.size !== 0) await this.#emptied.promise
  }

  /**
   * Where nobody may touch another's connection, nor end another's waiting: each sees for itself that the bridge stops.
   */
  async #empty(): Promise<void> {
    while (this.#relays.size > 0) await sleep(tickInterval, { clock: this.settings.clock })
  }

  #explain(error: unknown, { aborted }: AbortSignal): Refusal {
    if (this.stopping) return stopped()
    if (aborted) return new Refusal(503, 'gone', 'the client has gone', { cause: error })
    this.settings.logger.error('upgrade failed', { error })
    return new Refusal(500, 'failed', 'the bridge failed', { cause: error })
  }

  #report({ cause, reason, status }: Refusal, remoteAddress: string): void {
    this.metrics.refuse(reason)
    const error = cause instanceof Error ? { error: cause.message } : {}
    this.settings.logger.warn('refused', { status, reason, remoteAddress, ...error })
  }

  async #ended(relay: Relay, code: number): Promise<void> {
    await relay.closed(code)
    this.#relays.delete(relay)
    const { bytesDown, bytesUp, openedAt, admission } = relay
    this.metrics.close(relay.code)
    const seconds = Math.round(this.settings.clock.monotonic() - openedAt) / 1000
    this.settings.logger.info('closed', { ...describe(admission), code: relay.code, seconds, bytesUp, bytesDown })
    if (this.#stopping && !this.settings.confined && this.#relays.size === 0) this.#emptied.resolve()
  }
}

/** A relay, and how its end is told. */
export interface Relaying {
  readonly relay: Relay
  /** The traffic ends, whatever becomes of the socket; settles once nothing of it is left. */
  closed(code: number): Promise<void>
  /** The client's socket is gone, and with it all the rest: only then is its place free. */
  gone(code: number): Promise<void>
}

function stopped(): Refusal {
  return new Refusal(503, 'stopping', 'the bridge is stopping')
}

function describe({ identity, remoteAddress, target }: Admission): Record<string, string> {
  return { target, id: identity.id, remoteAddress }
}
