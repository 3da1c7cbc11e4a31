import type { Cluster } from '../cluster.ts'
import { BearerExchange } from './bearer-exchange.ts'
import type { Exchange } from './exchange.ts'
import { plainExchange } from './plain-exchange.ts'
import { anonymous, userPrincipal } from './principal.ts'
import { type FindLogin, ScramExchange } from './scram-exchange.ts'

/** A login by a mechanism that clients may use here; undefined for any other. */
export function exchangeOf(mechanism: string, cluster: Cluster): Exchange | undefined {
  const { sasl, credentials, tokens, clock } = cluster
  if (sasl === undefined || !sasl.mechanisms.includes(mechanism)) return undefined
  const find: FindLogin = async (name, mechanism, byToken) => {
    if (!byToken)
      return { credential: await credentials.scram(name, mechanism), identity: { principal: userPrincipal(name) } }
    const token = tokens.byId(name)
    return token === undefined
      ? { credential: await credentials.nobodys(name, mechanism), identity: { principal: anonymous } }
      : {
          credential: await tokens.credential(token, mechanism),
          identity: { principal: token.owner, expiresAt: token.expires, byToken },
        }
  }
  switch (mechanism) {
    case 'PLAIN':
      return plainExchange(credentials)
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512':
      return new ScramExchange(mechanism, find, clock)
    case 'OAUTHBEARER':
      return sasl.oauthBearer && new BearerExchange(sasl.oauthBearer)
    default:
      return undefined
  }
}
