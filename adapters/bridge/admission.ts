import { formatAddress } from '../../src/base/address.ts'
import { abortable, linkSignals } from '../../src/base/signals.ts'
import { decodeToken, tokenProtocol } from '../shared/bridge-wire.ts'
import { isTargets } from './claims.ts'
import type { Identity } from './config.ts'
import type { ConnectionLimits, Place } from './connection-limits.ts'
import { Refusal } from './refusal.ts'
import type { Settings } from './settings.ts'
import type { Targets } from './targets.ts'
import { openUpstream, type Upstream } from './upstream.ts'

/** An HTTP request that wants to become a WebSocket, as every runtime can tell it. */
export interface UpgradeRequest {
  /** Path and query, as they came. */
  readonly url: string
  header(name: string): string | undefined
  /** The client's address. */
  readonly remoteAddress: string
  /** Aborted when the client goes away meanwhile. */
  readonly signal?: AbortSignal
}

/** What was granted: a place among the connections, and one to the broker. */
export interface Admission extends Upstream {
  readonly target: string
  readonly identity: Identity
  /** The keys of the APIs it may use. */
  readonly apis: ReadonlySet<number>
  readonly remoteAddress: string
  /** Its places among the connections of its address and of its identity. */
  readonly places: readonly Place[]
  /** Gives them back. */
  leave(): void
}

/** All that is asked of a client before it is let in, the cheap questions first. Throws a Refusal. */
export async function admit(
  settings: Settings,
  targets: Targets,
  connections: ConnectionLimits,
  request: UpgradeRequest,
): Promise<Admission> {
  const { remoteAddress } = request
  const places = [connections.enter(remoteAddress)]
  const leave = (): void => {
    for (const place of places.splice(0)) place.leave()
  }
  const link = linkSignals(request.signal)
  try {
    const origin = originOf(settings, request)
    const token = tokenOf(settings, request)
    const text = targetText(settings, request.url)
    const identity = await whoAsks(settings, request, { origin, token, target: text, signal: link.signal })
    places.push(connections.identify(identity.id))
    // Strangers, however many, take nobody's turn.
    await connections.turn(places, link.signal)
    // Only now: strangers neither learn what is on the list nor make the bridge ask the cluster.
    const target = mayGo(identity, text) ? await abortable(targets.find(text), link.signal) : undefined
    if (target === undefined) throw new Refusal(403, 'target', 'the bridge does not lead there')
    const apis = apisOf(settings, identity)
    const upstream = await openUpstream(settings, target, link.signal)
    return { ...upstream, target: formatAddress(target), identity, apis, remoteAddress, places, leave }
  } catch (error) {
    leave()
    throw error
  } finally {
    link.release()
  }
}

function originOf({ origins, allowNoOrigin }: Settings, { header }: UpgradeRequest): string | undefined {
  const origin = header('origin')
  if (origin === undefined ? allowNoOrigin : origins.has(origin)) return origin
  throw new Refusal(
    403,
    'origin',
    origin === undefined ? 'an Origin is wanted' : 'pages of this origin may not use the bridge',
  )
}

function tokenOf({ subprotocol }: Settings, { header }: UpgradeRequest): string | undefined {
  const offered = (header('sec-websocket-protocol') ?? '').split(',').map(each => each.trim())
  if (!offered.includes(subprotocol)) throw new Refusal(400, 'request', `the subprotocol ${subprotocol} is wanted`)
  const carrier = offered.find(each => each.startsWith(tokenProtocol))
  return carrier && decodeToken(carrier.slice(tokenProtocol.length))
}

function targetText({ path }: Settings, url: string): string {
  if (url.includes('?')) throw new Refusal(400, 'request', 'no query is taken: a token goes into the subprotocol')
  try {
    if (url.startsWith(path)) return decodeURIComponent(url.slice(path.length))
  } catch {
    // Said below.
  }
  throw new Refusal(404, 'request', `the path is ${path}host:port`)
}

async function whoAsks(
  settings: Settings,
  { header, remoteAddress }: UpgradeRequest,
  given: { origin: string | undefined; token: string | undefined; target: string; signal: AbortSignal },
): Promise<Identity> {
  const { authenticate, clock, limits, logger } = settings
  const cookies = header('cookie') ?? ''
  const question = { ...given, cookie: (name: string) => cookieOf(cookies, name), header, remoteAddress }
  const link = linkSignals(given.signal)
  const late = new Refusal(503, 'token', 'the authenticator did not answer in time')
  const cancel = clock.after(limits.authenticateTimeout, () => link.controller.abort(late))
  let identity: Identity | null
  try {
    identity = await abortable((async () => authenticate({ ...question, signal: link.signal }))(), link.signal)
  } catch (error) {
    if (error === late || given.signal.aborted) throw error
    // Whatever went wrong there, nobody gets in.
    logger.error('authenticator failed', { error })
    throw new Refusal(503, 'token', 'the authenticator failed', { cause: error })
  } finally {
    cancel()
    link.release()
  }
  // Of JavaScript callers some answer undefined; and who names targets that are none may go nowhere, not everywhere.
  if (typeof identity?.id !== 'string' || !isTargets(identity.targets))
    throw new Refusal(401, 'token', 'a valid token is wanted')
  return identity
}

function mayGo({ targets }: Identity, target: string): boolean {
  return targets === undefined || targets.includes(target)
}

/** An authenticator that knows not what it allows lets nobody in. */
function apisOf({ apisFor, logger }: Settings, { apis }: Identity): ReadonlySet<number> {
  try {
    return apisFor(apis)
  } catch (error) {
    logger.error('authenticator failed', { error })
    throw new Refusal(503, 'token', 'the authenticator failed', { cause: error })
  }
}

function cookieOf(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim()
  }
  return undefined
}
