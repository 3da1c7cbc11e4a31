import {
  AuthenticationError,
  ConfigError,
  ConnectionError,
  ProtocolError,
  TimeoutError,
} from '../../src/base/errors.ts'
import { CloseCode } from '../shared/bridge-wire.ts'
import type { WebSocketEvent } from './web-socket.ts'

const sentences: Readonly<Record<number, string>> = {
  [CloseCode.Normal]: 'the bridge closed the connection',
  [CloseCode.GoingAway]: 'the bridge is stopping',
  [CloseCode.Abnormal]: 'the connection to the bridge was lost',
  [CloseCode.BrokerClosed]: 'the broker closed the connection',
  [CloseCode.BrokerFailed]: "the bridge's connection to the broker failed",
  [CloseCode.SessionExpired]: "the bridge's session with the broker expired",
  [CloseCode.Idle]: 'the bridge closed an idle connection',
  [CloseCode.TokenEnded]: 'the token is over',
  [CloseCode.NoMemory]: 'the bridge is short of memory',
  [CloseCode.Lifetime]: 'the bridge closed a connection that was open for as long as one may be',
}

// What trying again can't mend.
const ours: ReadonlySet<number> = new Set([
  CloseCode.ProtocolError,
  CloseCode.TextMessage,
  CloseCode.MessageTooBig,
  CloseCode.NotKafka,
  CloseCode.Overflow,
  CloseCode.NotAllowed,
  CloseCode.Flood,
])

/** Why an open WebSocket ended, as one of our errors. */
export function closeError(broker: string, { code = CloseCode.Abnormal, reason = '' }: WebSocketEvent): Error {
  const said = reason === '' ? '' : `: ${reason}`
  if (ours.has(code)) return new ProtocolError(`${broker}: the bridge refuses what we sent (close code ${code})${said}`)
  return new ConnectionError(
    broker,
    `${sentences[code] ?? 'the bridge closed the connection'} (close code ${code})${said}`,
  )
}

/**
 * Why a WebSocket did not open. The event itself is no cause to hand on: it may hold the request, token included. The
 * status of the bridge's answer is in the error's text outside of browsers; those tell nobody, so that a page can't
 * probe a network.
 */
export function openError(broker: string, bridge: string, event: WebSocketEvent): Error {
  const { error: cause, message: text = '' } = event
  const status = Number(/\b(?:4\d\d|50\d)\b/.exec(text)?.[0])
  const detail = text === '' ? 'it is not there, or refused us; its log says which' : text
  return statusError(broker, bridge, status, cause) ?? bridgeError(broker, bridge, detail, cause)
}

/** What the bridge says by the status of its answer; undefined for one that it doesn't use. */
export function statusError(broker: string, bridge: string, status: number, cause: unknown): Error | undefined {
  const options = { cause }
  switch (status) {
    case 401:
      return new AuthenticationError(`${broker}: the bridge at ${bridge} wants a valid token (401)`, options)
    case 403: {
      const why = "its targets or origins don't list us"
      return new ConfigError(`${broker}: the bridge at ${bridge} does not let us go there (403): ${why}`, options)
    }
    case 504:
      return new TimeoutError(`${broker}: the broker did not answer the bridge at ${bridge} in time (504)`, options)
    case 502:
      return new ConnectionError(broker, `the bridge at ${bridge} can't reach the broker (502)`, options)
    case 429:
    case 503:
      return new ConnectionError(
        broker,
        `the bridge at ${bridge} takes no more connections for now (${status})`,
        options,
      )
    default:
      return undefined
  }
}

export function bridgeError(broker: string, bridge: string, detail: string, cause: unknown): ConnectionError {
  return new ConnectionError(broker, `the bridge at ${bridge} did not open a connection: ${detail}`, { cause })
}
