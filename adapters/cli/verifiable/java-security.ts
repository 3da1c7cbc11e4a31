import { plain } from '../../../src/sasl/plain.ts'
import { scram } from '../../../src/sasl/scram.ts'
import type { TransportConfig } from '../../../src/transport/config.ts'
import { fileOf } from '../options.ts'
import type { JavaProperties } from './java-properties.ts'

/** What Java's settings say of TLS, SASL and the client's name, as a Transport's. A UsageError for what it can't be. */
export function transportOf(properties: JavaProperties): Pick<TransportConfig, 'tls' | 'sasl' | 'clientId'> {
  const clientId = properties.text('client.id')
  const protocol = properties.text('security.protocol')?.toUpperCase() ?? 'PLAINTEXT'
  if (!['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'].includes(protocol))
    throw properties.error('security.protocol', `is to be PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, not ${protocol}`)
  return {
    ...(clientId !== undefined && { clientId }),
    ...(protocol.endsWith('SSL') && { tls: tlsOf(properties) }),
    ...(protocol.startsWith('SASL') && { sasl: saslOf(properties) }),
  }
}

function tlsOf(properties: JavaProperties): NonNullable<TransportConfig['tls']> {
  for (const store of ['truststore', 'keystore'] as const) {
    const name = `ssl.${store}.type`
    const type = properties.text(name)
    if (type !== undefined && type.toUpperCase() !== 'PEM') throw properties.error(name, `is to be PEM, not ${type}`)
    if (type === undefined && properties.text(`ssl.${store}.location`) !== undefined)
      throw properties.error(name, 'is to say PEM: JKS, which is what Java takes without it, is not read')
  }
  const file = (name: string): string | undefined => {
    const path = properties.text(name)
    return path === undefined ? undefined : fileOf(name, path)
  }
  const ca = properties.text('ssl.truststore.certificates') ?? file('ssl.truststore.location')
  // Of Java's file with both, TLS takes the part that it looks for.
  const store = file('ssl.keystore.location')
  const cert = properties.text('ssl.keystore.certificate.chain') ?? store
  const key = properties.text('ssl.keystore.key') ?? store
  const passphrase = properties.text('ssl.key.password')
  const algorithm = properties.text('ssl.endpoint.identification.algorithm')
  if (algorithm !== undefined && algorithm.toLowerCase() !== 'https')
    throw properties.error('ssl.endpoint.identification.algorithm', "is to be https: brokers' names are checked")
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(passphrase !== undefined && { passphrase }),
  }
}

function saslOf(properties: JavaProperties): NonNullable<TransportConfig['sasl']> {
  const mechanism = properties.text('sasl.mechanism') ?? 'GSSAPI'
  const login = properties.text('sasl.jaas.config')
  if (!['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'].includes(mechanism))
    throw properties.error('sasl.mechanism', `is to be PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, not ${mechanism}`)
  const of = (option: string): string => {
    const found = new RegExp(`\\s${option}\\s*=\\s*(?:"((?:\\\\.|[^"\\\\])*)"|([^\\s;"]+))`, 's').exec(login ?? '')
    // The line has the password in it: it is not repeated.
    if (found === null) throw properties.error('sasl.jaas.config', `is without ${option}="…"`)
    return found[1]?.replace(/\\(.)/gs, '$1') ?? found[2]!
  }
  const user = { username: of('username'), password: of('password') }
  return mechanism === 'PLAIN'
    ? plain(user)
    : scram({ ...user, hash: mechanism === 'SCRAM-SHA-256' ? 'SHA-256' : 'SHA-512' })
}
