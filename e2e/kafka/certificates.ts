import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

// node:crypto reads X.509 certificates but makes none, and neither openssl nor anything else is sure to be there: the few DER forms a
// certificate takes are written here (RFC 5280, ECDSA with P-256 and SHA-256).

export interface Certificate {
  /** PEM. */
  readonly cert: string
  /** PEM, PKCS #8. */
  readonly key: string
}

export interface Authority extends Certificate {
  /** A certificate for the loopback address and `localhost`, or for a client of that name. */
  issue(commonName: string): Certificate
}

/** A certificate authority nobody else trusts, for a day. */
export function makeAuthority(commonName = 'isokafka test authority'): Authority {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const authority = certificate(commonName, commonName, pair.publicKey, pair.privateKey, true)
  return {
    cert: authority,
    key: pemKey(pair.privateKey),
    issue(name) {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      return { cert: certificate(name, commonName, own.publicKey, pair.privateKey, false), key: pemKey(own.privateKey) }
    },
  }
}

function pemKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))

function certificate(subject: string, issuer: string, publicKey: KeyObject, issuerKey: KeyObject, isAuthority: boolean): string {
  const now = Date.now()
  const toBeSigned = sequence(
    explicit(0, tlv(0x02, [2])),
    tlv(0x02, [1, ...randomBytes(15)]),
    ecdsaWithSha256,
    name(issuer),
    sequence(time(now - 3_600_000), time(now + 86_400_000)),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...(isAuthority ? [basicConstraints()] : [subjectAlternatives()]))),
  )
  const signature = sign('sha256', toBeSigned, issuerKey)
  const der = sequence(toBeSigned, ecdsaWithSha256, tlv(0x03, [0, ...signature]))
  const lines = der.toString('base64').match(/.{1,64}/g)!
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

function name(commonName: string): Buffer {
  return sequence(tlv(0x31, sequence(oid(0x55, 0x04, 0x03), tlv(0x0c, Buffer.from(commonName)))))
}

function basicConstraints(): Buffer {
  return sequence(oid(0x55, 0x1d, 0x13), tlv(0x01, [0xff]), tlv(0x04, sequence(tlv(0x01, [0xff]))))
}

function subjectAlternatives(): Buffer {
  const names = sequence(tlv(0x82, Buffer.from('localhost')), tlv(0x87, [127, 0, 0, 1]))
  return sequence(oid(0x55, 0x1d, 0x11), tlv(0x04, names))
}

function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '')
  return tlv(0x17, Buffer.from(digits.slice(2)))
}

function oid(...bytes: number[]): Buffer {
  return tlv(0x06, bytes)
}

function explicit(number: number, content: Buffer): Buffer {
  return tlv(0xa0 + number, content)
}

function sequence(...parts: Uint8Array[]): Buffer {
  return tlv(0x30, Buffer.concat(parts))
}

function tlv(tag: number, content: Uint8Array | readonly number[]): Buffer {
  const { length } = content
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.from([tag, ...size, ...content])
}
