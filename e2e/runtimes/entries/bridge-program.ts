import {
  type FetchBridgeConfig,
  type SignedTokens,
  type SignedTokensOptions,
  signedTokens,
} from '../../../adapters/bridge/fetch.ts'
import { type PlainOptions, plain } from '../../../src/sasl/plain.ts'
import type { SocketAdapter } from '../../../src/socket/socket.ts'
import { adapter as own } from '../../../test/support/own-adapter.ts'

/** What a test wants of the bridge: what JSON can say. */
export interface BridgeOrder
  extends Pick<
    FetchBridgeConfig,
    | 'targets'
    | 'learnTargets'
    | 'learnPorts'
    | 'apis'
    | 'limits'
    | 'origins'
    | 'allowNoOrigin'
    | 'allowAddresses'
    | 'tokenGrace'
    | 'trustedProxies'
  > {
  readonly secret: string
  /** Of the tokens it takes. */
  readonly tokens?: Pick<SignedTokensOptions, 'audience' | 'singleUse'>
  /** The bridge authenticates so, by PLAIN. */
  readonly login?: PlainOptions
  /** Where every dial ends up, whatever was asked for; else where it was asked for. */
  readonly port?: number
  /** The resolver's answers, one look-up after another; the last one stays. The runtime's own resolver if not given. */
  readonly resolve?: readonly (readonly string[])[]
  /** Look-ups never end. */
  readonly hang?: boolean
}

export interface BridgeState {
  readonly connections: number
  readonly metrics: string
  /** What was dialed, as the bridge asked for it. */
  readonly dialed: readonly string[]
  readonly lookUps: number
  readonly log: readonly (readonly [string, unknown])[]
  readonly closed: boolean
}

interface AnyBridge {
  readonly connections: number
  metrics(): string
  close(): Promise<void>
}

/**
 * A program in which tests start one bridge after another, by requests to /fixture/…; any other request is the
 * bridge's.
 */
export class BridgeProgram<B extends AnyBridge> {
  readonly #make: (config: FetchBridgeConfig) => B
  #bridge: B | undefined
  #tokens: SignedTokens | undefined
  #dialed: string[] = []
  #lookUps = 0
  #log: [string, unknown][] = []
  #closed = false

  constructor(make: (config: FetchBridgeConfig) => B) {
    this.#make = make
  }

  get bridge(): B {
    return this.#bridge!
  }

  /** The answer, unless it is the bridge's to give. `keep`: what outlives the answer, as a Worker must be told. */
  async answer(request: Request, keep: (work: Promise<unknown>) => void = () => {}): Promise<Response | undefined> {
    switch (new URL(request.url).pathname) {
      case '/fixture/start':
        this.#start((await request.json()) as BridgeOrder)
        return Response.json({})
      case '/fixture/close':
        keep(
          this.bridge.close().then(() => {
            this.#closed = true
          }),
        )
        return Response.json({})
      case '/fixture/revoke':
        this.#tokens!.revoke(((await request.json()) as { id: string }).id)
        return Response.json({})
      case '/fixture/state':
        return Response.json(this.#state())
      default:
        return undefined
    }
  }

  #state(): BridgeState {
    const { connections } = this.bridge
    const [dialed, lookUps, log, closed] = [this.#dialed, this.#lookUps, this.#log, this.#closed]
    return { connections, metrics: this.bridge.metrics(), dialed, lookUps, log, closed }
  }

  #start({ secret, tokens, login, port, resolve, hang, ...config }: BridgeOrder): void {
    const dialed: string[] = []
    const log: [string, unknown][] = []
    this.#dialed = dialed
    this.#log = log
    this.#lookUps = 0
    this.#closed = false
    const adapter: SocketAdapter = {
      ...own,
      dial(address, how) {
        dialed.push(`${address.host}:${address.port}`)
        return own.dial(port === undefined ? address : { host: '127.0.0.1', port }, how)
      },
    }
    const lookUp = async (): Promise<readonly string[]> => {
      if (hang) await new Promise(() => {})
      return resolve![Math.min(this.#lookUps++, resolve!.length - 1)]!
    }
    const note = (message: string, details: unknown): void => void log.push([message, details])
    this.#tokens = signedTokens({ secret, ...tokens })
    this.#bridge = this.#make({
      ...config,
      authenticate: this.#tokens.authenticate,
      adapter,
      ...(login && { sasl: plain(login) }),
      ...((resolve ?? hang) && { resolve: lookUp }),
      logger: { debug: note, info: note, warn: note, error: note },
    })
  }
}
