import { formatAddress } from '../base/address.ts'
import { deferred } from '../base/deferred.ts'
import { ClosedError, ConnectionError, ProtocolError, TimeoutError } from '../base/errors.ts'
import { abortable, type CallOptions, linkSignals } from '../base/signals.ts'
import { packageVersion } from '../base/version.ts'
import type { AnyApi, RequestInput, ResponseOf } from '../protocol/api.ts'
import { ApiVersions } from '../protocol/api-versions.ts'
import { ErrorCode, errorFor } from '../protocol/errors.ts'
import { requestFrame } from '../protocol/headers.ts'
import type { ConnectionConfig, ExchangeOptions, RequestOptions } from './connection-config.ts'
import { dial, endSocket } from './dial.ts'
import type { BrokerGuess } from './guess.ts'
import { type Peer, strangerError } from './peer.ts'
import { PendingRequest } from './pending-request.ts'
import { Pipeline } from './pipeline.ts'
import type { Requester } from './requester.ts'
import type { Socket } from './socket.ts'
import { BrokerVersions, type Spoken } from './versions.ts'

export type { Requester } from './requester.ts'

const software = { clientSoftwareName: 'isokafka', clientSoftwareVersion: packageVersion }
const defaultMaxResponseBytes = 256 * 1024 * 1024
// How long close() waits for answers, and then for the socket, in milliseconds.
const closePatience = 5_000

/**
 * A connection to one broker. Requests are pipelined: any number may be under way, and the broker answers them in
 * order. Those that can't be written yet wait here without a bound of their own, for each is kept by a caller who waits
 * for it, until its deadline.
 *
 * A request rejects with a ConnectionError (`sent` says whether the broker may have seen it), a TimeoutError
 * (likewise), a ProtocolError, or its signal's reason. After a timeout or cancellation the late answer is skipped and
 * the connection goes on, but for a Produce: that ends the connection, because its bytes may still be with the socket,
 * and arrive after the retry.
 */
export class BrokerConnection implements Requester {
  /** host:port */
  readonly broker: string
  /** What it is for, as events name it. */
  lane: string
  readonly #config: ConnectionConfig
  readonly #socket: Socket
  readonly #pipeline: Pipeline
  readonly #inside: Requester
  #versions: BrokerVersions | undefined
  /** Until the broker has told what it speaks, and to be of the cluster that is meant. */
  #guess: BrokerGuess | undefined
  /**
   * Resolves once the broker has told what it speaks; rejects with why it has not, and then the connection has ended. A
   * connection without a guess is opened by that.
   */
  confirmed: Promise<void> = Promise.resolve()
  #correlationId = 0
  #closing: Promise<void> | undefined
  #holders = 0
  #exclusives: Promise<unknown> = Promise.resolve()

  /**
   * Connects and learns which versions the broker speaks; with a guess, goes by that meanwhile. Bounded by
   * `dialTimeout`.
   */
  static async open(config: ConnectionConfig, { signal }: CallOptions = {}): Promise<BrokerConnection> {
    signal?.throwIfAborted()
    const { address, clock, dialTimeout, lane } = config
    const broker = formatAddress(address)
    const startedAt = clock.monotonic()
    const link = linkSignals(signal)
    let connection: BrokerConnection | undefined
    const cancel = clock.after(dialTimeout, () =>
      link.controller.abort(dialTimeoutError(config, connection !== undefined)),
    )
    try {
      connection = new BrokerConnection(config, await dial(config, link.signal))
      if (config.guess !== undefined) connection.#goAhead(config.guess)
      else await connection.#learnVersions(ApiVersions.maxVersion, link.signal)
      config.onEvent?.({ type: 'connect', broker, lane, durationMs: clock.monotonic() - startedAt })
      config.logger.debug(`${broker}: connected (${lane})`)
      connection.#reportEnd()
      return connection
    } catch (error) {
      connection?.abort(error)
      config.onEvent?.({ type: 'connectFailed', broker, lane, error })
      throw error
    } finally {
      cancel()
      link.release()
    }
  }

  private constructor(config: ConnectionConfig, socket: Socket) {
    const { clock, logger, maxResponseBytes = defaultMaxResponseBytes, onEvent, requestTimeout } = config
    this.#config = config
    this.#socket = socket
    this.broker = formatAddress(config.address)
    this.lane = config.lane
    const { broker } = this
    this.#pipeline = new Pipeline({
      broker,
      socket,
      maxResponseBytes,
      lateAnswer: requestTimeout,
      clock,
      logger,
      onEvent,
    })
    this.#inside = {
      version: api => this.version(api),
      request: (api, request, options) =>
        this.#start(api, request, options, { inside: true, keepsFrame: false }) as Promise<ResponseOf<typeof api>>,
    }
  }

  /** Finalised cluster features and their levels (KIP-584), as the broker told when the connection was made. */
  get features(): ReadonlyMap<string, number> {
    return this.#known.features
  }

  /** Whether the broker itself has checked whom the connection is for (KIP-1242). */
  get checksPeer(): boolean {
    return (this.#config.peer?.nodeId ?? -1) >= 0 && this.#known.version(ApiVersions) >= 5
  }

  /** Requests under way, also those whose late answer is still to be skipped. */
  get inFlight(): number {
    return this.#pipeline.inFlight
  }

  /**
   * When it last sent or received, by the clock's `monotonic`; the end of the pause, while the broker has asked for one
   * (KIP-219).
   */
  get lastUsed(): number {
    return this.#pipeline.lastUsed
  }

  /** The broker has answered more than what it speaks. */
  get answered(): boolean {
    return this.#pipeline.answered
  }

  /** No request is taken any more. */
  get closed(): boolean {
    return this.#pipeline.ended || this.#closing !== undefined
  }

  /** Resolves when the connection has ended, with the reason; never rejects. */
  get onClose(): Promise<unknown> {
    return this.#pipeline.onEnd
  }

  /** What the broker told of itself. */
  get spoken(): Spoken {
    return this.#known.spoken
  }

  version(api: AnyApi): number {
    const version = (): number => this.#known.version(api)
    return this.#guess === undefined ? version() : this.#guess.use(api, version, this)
  }

  /** Sends a request and answers its response; undefined with `noResponse`. */
  request<A extends AnyApi>(api: A, request: RequestInput<A>, options?: RequestOptions): Promise<ResponseOf<A>> {
    return this.#start(api, request, options, plainly) as Promise<ResponseOf<A>>
  }

  /**
   * As `request`, with the frame the response was read from: a Fetch's records are views of it. Give it back with
   * `pool.give(frame)`.
   */
  exchange<A extends AnyApi>(
    api: A,
    request: RequestInput<A>,
    options?: ExchangeOptions,
  ): Promise<{ response: ResponseOf<A>; frame: Uint8Array }> {
    return this.#start(api, request, options, withFrame) as Promise<{ response: ResponseOf<A>; frame: Uint8Array }>
  }

  /**
   * Holds new requests, waits for the answers to those under way, runs the task and goes on. The task's requests go
   * through `inside`. The signal ends the waiting; a task that has begun heeds its own.
   */
  exclusive<T>(task: (inside: Requester) => Promise<T>, { signal }: CallOptions = {}): Promise<T> {
    this.#hold()
    const run = this.#exclusives
      .then(async () => {
        signal?.throwIfAborted()
        await abortable(this.#pipeline.whenAnswered(), signal)
        return task(this.#inside)
      })
      .finally(() => this.#release())
    this.#exclusives = run.catch(() => {})
    return run
  }

  /**
   * Takes no more requests, waits for the answers to those under way and for the bytes to be gone, and closes: five
   * seconds each at most.
   */
  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  /** Ends at once: what is under way rejects with a ConnectionError whose cause is `reason`. */
  abort(reason: unknown = new ClosedError(`${this.broker}: the connection was aborted`)): void {
    this.#pipeline.abort(reason)
  }

  #hold(): void {
    this.#holders++
    this.#pipeline.hold()
  }

  #release(): void {
    if (--this.#holders === 0) this.#pipeline.release()
  }

  async #finish(): Promise<void> {
    const reason = new ClosedError(`${this.broker}: the connection was closed`)
    if (!(await this.#inTime(this.#pipeline.whenSettled()))) this.#pipeline.abort(reason)
    else if (!(await this.#inTime(this.#pipeline.close(reason)))) endSocket(this.#socket, reason)
  }

  /** Whether the promise was fulfilled within our patience. */
  async #inTime(promise: Promise<void>): Promise<boolean> {
    const late = deferred<boolean>()
    const cancel = this.#config.clock.after(closePatience, () => late.resolve(false))
    try {
      return await Promise.race([promise.then(() => true), late.promise])
    } catch {
      return false
    } finally {
      cancel()
    }
  }

  get #known(): BrokerVersions {
    if (this.#versions === undefined) throw new ConnectionError(this.broker, 'the connection is not open')
    return this.#versions
  }

  #start<A extends AnyApi>(
    api: A,
    request: RequestInput<A>,
    options: ExchangeOptions = {},
    how: { inside: boolean; keepsFrame: boolean },
  ): Promise<unknown> {
    const { signal, timeoutMs = this.#config.requestTimeout, noResponse = false, pool = null } = options
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (this.closed)
      return Promise.reject(new ConnectionError(this.broker, `the connection is closed (${api.name} was not sent)`))
    let flight: PendingRequest
    let ahead = false
    try {
      const versionFor = (): number => this.#known.versionFor(api, request, options.features)
      const version =
        options.version ?? (this.#guess === undefined ? versionFor() : this.#guess.use(api, versionFor, this))
      ahead = !how.inside && this.#guess !== undefined && api.ahead?.(request, version) === true
      const correlationId = this.#correlationId
      const pieces = requestFrame(api, version, correlationId, this.#config.clientId, request)
      this.#correlationId = (correlationId + 1) & 0x7fffffff
      flight = new PendingRequest({
        api,
        version,
        correlationId,
        pieces,
        startedAt: this.#config.clock.monotonic(),
        timeoutMs,
        inside: how.inside || ahead,
        keepsFrame: how.keepsFrame,
        noResponse,
        pool,
      })
    } catch (error) {
      return Promise.reject(error)
    }
    this.#pipeline.send(flight, signal)
    return ahead ? this.#onceConfirmed(flight) : flight.promise
  }

  /** What a stranger answers is no answer, and may come in one piece with his saying that he is one. */
  async #onceConfirmed(flight: PendingRequest): Promise<unknown> {
    const result = await flight.promise
    try {
      await this.confirmed
    } catch (error) {
      throw flight.endError(this.broker, error)
    }
    return result
  }

  /**
   * Asks a broker that was dialed as any of its cluster whether it is this one, if it can tell (KIP-1242). One that is
   * another ends the connection: its address leads elsewhere than it is said to.
   */
  confirm(peer: Peer): void {
    if (peer.nodeId < 0 || this.#known.version(ApiVersions) < 5) return
    const { clusterId, nodeId } = peer
    this.request(ApiVersions, { ...software, clusterId, nodeId }).then(
      ({ errorCode }) => {
        if (errorCode === ErrorCode.RebootstrapRequired) this.abort(strangerError(this.broker, peer))
      },
      // Whatever else goes wrong is for those to tell who have something to ask.
      () => {},
    )
  }

  /** Holds back what may do harm if somebody else listens here, until the broker has said who it is. */
  #goAhead(guess: BrokerGuess): void {
    this.#versions = new BrokerVersions(this.broker, guess.spoken)
    this.#guess = guess
    this.#hold()
    const learn = async (version: number): Promise<BrokerVersions> => {
      await this.#learnVersions(version)
      return this.#known
    }
    this.confirmed = guess.confirm(this, this.#inside, learn).then(() => {
      this.#guess = undefined
      this.#release()
    })
    // Who waits for an answer is told by that.
    this.confirmed.catch(error => this.abort(error))
  }

  /** Asks in the highest version we speak; a broker that doesn't know it names those it does (KIP-511). */
  async #learnVersions(version: number, signal?: AbortSignal): Promise<void> {
    let response = await this.#askVersions(version, signal)
    if (response.errorCode === ErrorCode.UnsupportedVersion) {
      // Before 2.4 a broker names none; all speak version 0.
      const offered = response.apiKeys.find(({ apiKey }) => apiKey === ApiVersions.key)?.maxVersion ?? 0
      response = await this.#askVersions(Math.max(0, Math.min(offered, ApiVersions.maxVersion)), signal)
    }
    const { peer } = this.#config
    if (response.errorCode === ErrorCode.RebootstrapRequired && peer !== undefined)
      throw strangerError(this.broker, peer)
    const refused = errorFor(response.errorCode)
    if (refused !== null)
      throw new ProtocolError(`${this.broker}: the broker refuses to say what it speaks: ${refused.message}`, {
        cause: refused,
      })
    this.#versions = new BrokerVersions(this.broker, response)
  }

  async #askVersions(version: number, signal: AbortSignal | undefined): Promise<ResponseOf<typeof ApiVersions>> {
    // Without the broker's id the cluster's would be taken for wrong.
    const { clusterId = null, nodeId = -1 } = this.#config.peer ?? {}
    try {
      return await this.#inside.request(
        ApiVersions,
        {
          ...software,
          ...(nodeId >= 0 && { clusterId, nodeId }),
        },
        // Who dials has a signal for what takes too long.
        { version, ...(signal && { signal }), timeoutMs: this.#config.dialTimeout * (signal ? 2 : 1) },
      )
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
      const instead =
        this.#config.tls === undefined
          ? 'a port that expects TLS, something other than Kafka,'
          : 'something other than Kafka'
      // No refusal: what stands before a broker that is away does this, while a TLS port of Kafka's answers with an
      // alert.
      throw new ConnectionError(
        this.broker,
        `the connection ended at the first request: ${instead} or a broker older than 0.10`,
        {
          cause: error,
        },
      )
    }
  }

  #reportEnd(): void {
    const { logger, onEvent } = this.#config
    void this.onClose.then(error => {
      const { broker, lane } = this
      onEvent?.({ type: 'disconnect', broker, lane, error })
      logger.debug(`${broker}: disconnected (${lane})`, error)
    })
  }
}

const plainly = { inside: false, keepsFrame: false }
const withFrame = { inside: false, keepsFrame: true }

function dialTimeoutError({ adapter, address, dialTimeout }: ConnectionConfig, connected: boolean): TimeoutError {
  const broker = formatAddress(address)
  if (connected)
    return new TimeoutError(
      `${broker}: connected, but no answer to the first request within ${dialTimeout} ms: is it a Kafka broker?`,
    )
  // The runtime makes who dials too often wait, and does not say so.
  const most = adapter.limits?.connections
  const hint =
    most === undefined ? '' : ` (${adapter.name} has ${most} connections for all transports together: share one)`
  return new TimeoutError(`${broker}: no connection within ${dialTimeout} ms${hint}`)
}
