import { linkSignals } from '../../src/base/signals.ts'
import { CloseCode } from '../shared/bridge-wire.ts'
import { admit, type Passage, type UpgradeRequest } from './admission.ts'
import type { Channel } from './channel.ts'
import type { BridgeConfig } from './config.ts'
import { Gate } from './gate.ts'
import { Metrics } from './metrics.ts'
import { Refusal } from './refusal.ts'
import { Relay } from './relay.ts'
import { type Settings, settingsOf } from './settings.ts'
import { Targets } from './targets.ts'

// How often deadlines are looked at, in milliseconds. No timer runs while there are no connections.
const sweepInterval = 250

/** What a bridge is in every runtime: who gets in, what goes through, and how it ends. The runtime brings the WebSockets. */
export class Bridge {
  readonly settings: Settings
  readonly metrics: Metrics
  readonly #targets: Targets
  readonly #gate: Gate
  readonly #relays = new Set<Relay>()
  readonly #entering = new Set<AbortController>()
  #sweeping = false
  #stopping: Promise<void> | undefined
  #emptied = (): void => {}

  constructor(config: BridgeConfig) {
    const settings = settingsOf(config)
    this.settings = settings
    this.#targets = new Targets(settings)
    this.#gate = new Gate(settings.limits, () => settings.clock.monotonic())
    this.metrics = new Metrics(() => this.#gate.count)
  }

  get stopping(): boolean {
    return this.#stopping !== undefined
  }

  /** Connections now, those being opened included. */
  get connections(): number {
    return this.#gate.count
  }

  /** Lets a client in, or throws a Refusal: never anything else. */
  async admit(request: UpgradeRequest): Promise<Passage> {
    const stopped = new Refusal(503, 'stopping', 'the bridge is stopping')
    const { controller, signal, release } = linkSignals(request.signal)
    this.#entering.add(controller)
    try {
      if (this.stopping) throw stopped
      const passage = await admit(this.settings, this.#targets, this.#gate, { ...request, signal })
      // Whoever came too late finds nobody to talk to.
      if (!signal.aborted) return passage
      this.abandon(passage)
      throw signal.reason
    } catch (error) {
      const refusal =
        error instanceof Refusal ? error : this.stopping ? stopped : new Refusal(503, 'gone', 'the client has gone', { cause: error })
      this.#report(refusal, request)
      throw refusal
    } finally {
      this.#entering.delete(controller)
      release()
    }
  }

  /** Gives up a passage that no WebSocket came for. */
  abandon(passage: Passage): void {
    passage.socket.abort()
    passage.leave()
  }

  /** Starts the traffic. The channel's owner calls the relay's `message`, `text`, `alive`, and `closed` of the one that `close` answers. */
  relay(passage: Passage, channel: Channel): { relay: Relay; closed(code: number): void } {
    const relay = new Relay(this.settings, passage, channel, this.metrics)
    this.#relays.add(relay)
    this.metrics.opened++
    this.settings.logger.info('opened', describe(passage))
    this.#sweep()
    return { relay, closed: code => void this.#ended(relay, code) }
  }

  /** Takes nobody in any more, lets every connection finish what is under way, and closes it. Bounded by the limits' timeouts. */
  close(): Promise<void> {
    this.#stopping ??= new Promise<void>(resolve => {
      this.#emptied = resolve
      for (const controller of this.#entering) controller.abort(new Refusal(503, 'stopping', 'the bridge is stopping'))
      for (const relay of this.#relays) relay.drain(CloseCode.GoingAway, 'the bridge is stopping')
      if (this.#relays.size === 0) resolve()
    })
    return this.#stopping
  }

  #report({ cause, reason, status }: Refusal, { remoteAddress }: UpgradeRequest): void {
    this.metrics.refuse(reason)
    const error = cause instanceof Error ? { error: cause.message } : {}
    this.settings.logger.warn('refused', { status, reason, remoteAddress, ...error })
  }

  async #ended(relay: Relay, code: number): Promise<void> {
    if (!this.#relays.has(relay)) return
    await relay.closed(code)
    this.#relays.delete(relay)
    const { bytesDown, bytesUp, openedAt, passage } = relay
    this.metrics.close(relay.code)
    const seconds = Math.round(this.settings.clock.monotonic() - openedAt) / 1000
    this.settings.logger.info('closed', { ...describe(passage), code: relay.code, seconds, bytesUp, bytesDown })
    if (this.#relays.size === 0) this.#emptied()
  }

  #sweep(): void {
    if (this.#sweeping || this.#relays.size === 0) return
    this.#sweeping = true
    this.settings.clock.after(sweepInterval, () => {
      this.#sweeping = false
      const now = this.settings.clock.monotonic()
      for (const relay of this.#relays) relay.tick(now)
      this.#sweep()
    })
  }
}

function describe({ identity, remoteAddress, target }: Passage): Record<string, string> {
  return { target, id: identity.id, remoteAddress }
}
