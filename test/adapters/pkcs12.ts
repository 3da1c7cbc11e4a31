import { createHash, createHmac, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import type { Certificate } from './certificates.ts'
import { der, integer, objectId, sequence } from './der.ts'

const iterations = 2048

/** A certificate and its key in one file (RFC 7292), as `openssl pkcs12 -export` makes it. */
export function pkcs12({ cert, key }: Pick<Certificate, 'cert' | 'key'>, passphrase: string): Buffer {
  const encrypted = createPrivateKey(key).export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase })
  const bags = sequence(
    bag('1.2.840.113549.1.12.10.1.3', certificateBag(new X509Certificate(cert).raw)),
    bag('1.2.840.113549.1.12.10.1.2', encrypted),
  )
  const safe = sequence(data(bags))
  const salt = randomBytes(16)
  const mac = createHmac('sha256', macKey(passphrase, salt)).update(safe).digest()
  const sha256 = sequence(objectId('2.16.840.1.101.3.4.2.1'), der(0x05))
  return sequence(
    integer(3),
    data(safe),
    sequence(sequence(sha256, der(0x04, mac)), der(0x04, salt), integer(iterations)),
  )
}

function bag(id: string, value: Buffer): Buffer {
  return sequence(objectId(id), der(0xa0, value))
}

function certificateBag(x509: Buffer): Buffer {
  return bag('1.2.840.113549.1.9.22.1', der(0x04, x509))
}

function data(content: Buffer): Buffer {
  return bag('1.2.840.113549.1.7.1', der(0x04, content))
}

/** RFC 7292, appendix B, of one round: a hash is as long as the key. */
function macKey(passphrase: string, salt: Buffer): Buffer {
  const purpose = Buffer.alloc(64, 3)
  // In UTF-16, big-endian, with a zero at its end.
  const password = Buffer.from(`${passphrase}\0`, 'utf16le').swap16()
  let key = Buffer.concat([purpose, repeated(salt), repeated(password)])
  for (let i = 0; i < iterations; i++) key = createHash('sha256').update(key).digest()
  return key
}

/** To whole blocks of the hash. */
function repeated(bytes: Buffer): Buffer {
  return Buffer.alloc(Math.ceil(bytes.length / 64) * 64, bytes)
}
