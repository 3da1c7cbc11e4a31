import { ProtocolError } from '../base/errors.ts'
import { ByteReader } from '../bytes/reader.ts'
import type { AnyApi, RequestOf } from '../protocol/api.ts'
import { ApiVersions } from '../protocol/api-versions.ts'
import { type RequestHeader, readRequest, readRequestHeader } from '../protocol/headers.ts'
import { Produce } from '../protocol/produce.ts'
import { SaslAuthenticate } from '../protocol/sasl-authenticate.ts'
import { SaslHandshake } from '../protocol/sasl-handshake.ts'
import { Access } from './access/access.ts'
import { AnswerRoom } from './allowance.ts'
import { answerFrame } from './answer-frame.ts'
import type { ApiTable } from './api-table.ts'
import type { Cluster } from './cluster.ts'
import type { Control, ControlContext, Controls } from './control.ts'
import type { AnswerTo, ClientConnection, Handler, RequestContext } from './handler.ts'
import { unsupportedApiVersions } from './handlers/api-versions.ts'
import type { Node } from './node.ts'
import type { Throttle } from './throttle.ts'
import { andThen } from './turns.ts'

/** What to do after a request: send these pieces (none: nothing) and stay mute for a while, or close the connection. */
export type Outcome = { readonly pieces: readonly Uint8Array[]; readonly muteMs: number } | 'drop'

type Answer = AnswerTo<AnyApi> | null | 'drop'

// What a list's element takes to be read, in the units of turns.
const elementsPerUnit = 8

const silence: Outcome = { pieces: [], muteMs: 0 }

// What a client may ask before it has authenticated.
const open: readonly AnyApi[] = [ApiVersions, SaslHandshake, SaslAuthenticate]

/** What is left to be read, in memory of its own. */
function ownedRest(from: ByteReader, room: number): ByteReader {
  const owned = new ByteReader(new Uint8Array(from.bytes.subarray(from.offset)))
  owned.room = room
  return owned
}

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
    const { limits, turns, upkeep, clock } = this.#cluster
    upkeep.look()
    const from = new ByteReader(frame)
    from.room = limits.requestElements
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
    const refusal = connection.login.isRequired ? connection.login.refusal(clock) : undefined
    if (refusal !== undefined && !open.includes(api)) throw new ProtocolError(`${api.name} ${refusal}`)
    const controls = this.#controls.of(api)
    const room = new AnswerRoom(limits.answerElements)
    const { authorizer } = this.#cluster
    const access =
      authorizer && new Access(authorizer, { principal: connection.login.principal, host: connection.clientHost })
    const context = { cluster: this.#cluster, node, connection, access, served: this.#apiTable.all, room, ...header }
    // A control function may have the request handled later, when the frame is gone.
    const at = controls.length === 0 ? from : ownedRest(from, limits.requestElements)
    const request = readRequest(api, apiVersion, at)
    turns.spend((limits.requestElements - at.room) / elementsPerUnit)
    const handled = (): Answer | Promise<Answer> =>
      controls.length === 0 ? handler.handle(request, context) : this.#controlled(handler, controls, request, context)
    // Records alone are no copies: they are gone with the frame.
    const answer = turns.isOver && api !== Produce ? turns.pause().then(handled) : handled()
    return andThen(answer, settled => this.#answer(api, header, settled))
  }

  #answer(api: AnyApi, header: RequestHeader, answer: Answer): Outcome | Promise<Outcome> {
    if (answer === 'drop') return 'drop'
    if (answer === null) return silence
    const muteMs = this.#throttle.of(api)
    const response = muteMs > 0 ? { ...answer, throttleTimeMs: muteMs } : { throttleTimeMs: 0, ...answer }
    const { turns } = this.#cluster
    const write = () => answerFrame(api, header.apiVersion, header.correlationId, response, turns)
    return andThen(turns.isOver ? turns.pause().then(write) : write(), pieces => ({ pieces, muteMs }))
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
