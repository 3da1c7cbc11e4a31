import { ProtocolError } from '../base/errors.ts'
import { ByteReader } from '../bytes/reader.ts'
import type { AnyApi, RequestOf } from '../protocol/api.ts'
import { ApiVersions } from '../protocol/api-versions.ts'
import { type RequestHeader, readRequest, readRequestHeader, responseFrame } from '../protocol/headers.ts'
import { SaslAuthenticate } from '../protocol/sasl-authenticate.ts'
import { SaslHandshake } from '../protocol/sasl-handshake.ts'
import type { ApiTable } from './api-table.ts'
import type { Cluster } from './cluster.ts'
import type { Control, ControlContext, Controls } from './control.ts'
import type { AnswerTo, ClientConnection, Handler, RequestContext } from './handler.ts'
import { unsupportedApiVersions } from './handlers/api-versions.ts'
import type { Node } from './node.ts'
import type { Throttle } from './throttle.ts'

/** What to do after a request: send these pieces (none: nothing) and stay mute for a while, or close the connection. */
export type Outcome = { readonly pieces: readonly Uint8Array[]; readonly muteMs: number } | 'drop'

type Answer = AnswerTo<AnyApi> | null | 'drop'

const silence: Outcome = { pieces: [], muteMs: 0 }

// What a client may ask before it has authenticated.
const open: readonly AnyApi[] = [ApiVersions, SaslHandshake, SaslAuthenticate]

/** Takes a request apart, asks the control functions and the handler, and puts the answer together. */
export class Dispatcher {
  readonly #cluster: Cluster
  readonly #apiTable: ApiTable
  readonly #controls: Controls
  readonly #throttle: Throttle

  constructor(cluster: Cluster, apiTable: ApiTable, controls: Controls, throttle: Throttle) {
    this.#cluster = cluster
    this.#apiTable = apiTable
    this.#controls = controls
    this.#throttle = throttle
  }

  /**
   * The frame is read before this returns, and not kept. What no broker would answer closes the connection: a
   * ProtocolError, or 'drop'.
   */
  dispatch(frame: Uint8Array, node: Node, connection: ClientConnection): Outcome | Promise<Outcome> {
    const from = new ByteReader(frame)
    const header = readRequestHeader(from)
    const { apiKey, apiVersion } = header
    const handler = this.#apiTable.handler(apiKey)
    if (handler === undefined) throw new ProtocolError(`a request for API ${apiKey}, which this broker has not`)
    const { api, versions } = handler
    if (apiVersion < versions[0] || apiVersion > versions[1]) {
      if (api !== ApiVersions)
        throw new ProtocolError(`${api.name} v${apiVersion}, of a broker that has v${versions[0]}–${versions[1]}`)
      return this.#answer(ApiVersions, { ...header, apiVersion: 0 }, unsupportedApiVersions(handler))
    }
    if (this.#cluster.users !== undefined && connection.principal === undefined && !open.includes(api))
      throw new ProtocolError(`${api.name} before authentication`)
    const controls = this.#controls.of(api)
    const context = { cluster: this.#cluster, node, connection, served: this.#apiTable.all, ...header }
    if (controls.length === 0) {
      const answer = handler.handle(readRequest(api, apiVersion, from), context)
      return answer instanceof Promise
        ? answer.then(settled => this.#answer(api, header, settled))
        : this.#answer(api, header, answer)
    }
    // A control function may have the request handled later, when the frame is gone.
    const owned = new ByteReader(new Uint8Array(frame.subarray(from.offset)))
    return this.#controlled(handler, controls, readRequest(api, apiVersion, owned), context).then(settled =>
      this.#answer(api, header, settled),
    )
  }

  #answer(api: AnyApi, header: RequestHeader, answer: Answer): Outcome {
    if (answer === 'drop') return 'drop'
    if (answer === null) return silence
    const muteMs = this.#throttle.of(api)
    const response = muteMs > 0 ? { ...answer, throttleTimeMs: muteMs } : { throttleTimeMs: 0, ...answer }
    return { pieces: responseFrame(api, header.apiVersion, header.correlationId, response), muteMs }
  }

  /** Asks the control functions, the latest first, and the handler when none decides. */
  async #controlled(
    handler: Handler,
    controls: readonly Control<AnyApi>[],
    request: RequestOf<AnyApi>,
    context: RequestContext & RequestHeader,
  ): Promise<Answer> {
    let applied = false
    const controlContext: ControlContext<AnyApi> = {
      brokerId: context.node.id,
      connectionId: context.connection.id,
      apiVersion: context.apiVersion,
      correlationId: context.correlationId,
      clientId: context.clientId,
      apply: async () => {
        applied = true
        return handler.handle(request, context)
      },
    }
    for (const control of controls.toReversed()) {
      const verdict = await control(request, controlContext)
      if (verdict === 'hang') return new Promise(() => {})
      if (verdict !== undefined) return verdict
      if (applied)
        throw new Error(`a control function applied a ${handler.api.name} request, and then did not say what to answer`)
    }
    return handler.handle(request, context)
  }
}
