import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { der, integer, objectId, sequence } from './der.ts'

// Certificates for tests, made on the spot: no openssl needed, and none that expires one day.

export interface Certificate {
  /** PEM. */
  readonly cert: string
  /** PEM, PKCS #8. */
  readonly key: string
  readonly name: string
}

export interface CertificateOptions {
  /** Common name. */
  name: string
  /** Host names and IPv4 addresses it is for. */
  hosts?: readonly string[]
  /** Who signs; itself if nobody. */
  issuer?: Certificate
  isAuthority?: boolean
  notBefore?: Date
  notAfter?: Date
}

const day = 86_400_000

export function certificate({
  name,
  hosts = [],
  issuer,
  isAuthority = false,
  notBefore,
  notAfter,
}: CertificateOptions): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer: KeyObject = issuer === undefined ? privateKey : createPrivateKey(issuer.key)
  const unsigned = sequence(
    der(0xa0, integer(2)),
    integer(Math.floor(Math.random() * 2 ** 30) + 1),
    ecdsaWithSha256(),
    distinguished(issuer?.name ?? name),
    sequence(time(notBefore ?? new Date(Date.now() - day)), time(notAfter ?? new Date(Date.now() + day))),
    distinguished(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions(hosts, isAuthority))),
  )
  const whole = sequence(unsigned, ecdsaWithSha256(), der(0x03, Buffer.from([0]), sign('sha256', unsigned, signer)))
  return { name, cert: pem('CERTIFICATE', whole), key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
}

function extensions(hosts: readonly string[], isAuthority: boolean): Buffer[] {
  const all = [extension('2.5.29.19', sequence(...(isAuthority ? [der(0x01, Buffer.from([0xff]))] : [])))]
  if (hosts.length > 0) {
    const names = hosts.map(host =>
      isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host)),
    )
    all.push(extension('2.5.29.17', sequence(...names)))
  }
  return all
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(objectId(id), der(0x04, value))
}

function distinguished(commonName: string): Buffer {
  return sequence(der(0x31, sequence(objectId('2.5.4.3'), der(0x0c, Buffer.from(commonName)))))
}

function ecdsaWithSha256(): Buffer {
  return sequence(objectId('1.2.840.10045.4.3.2'))
}

function time(date: Date): Buffer {
  // GeneralizedTime: YYYYMMDDhhmmssZ.
  return der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`))
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g)!
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
