import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'

export interface ScramServerOptions {
  readonly hash: 'sha256' | 'sha512'
  readonly password: string
  readonly salt?: Buffer
  readonly iterations?: number
  /** Changes what it says before that is sent. */
  readonly first?: (text: string) => string
  readonly last?: (text: string) => string
}

/** The other side of SCRAM (RFC 5802), as a broker has it: the next answer to each message; undefined for a wrong proof. */
export function scramServer(options: ScramServerOptions) {
  const { hash, password, salt = Buffer.from('0123456789abcdef'), iterations = 4096 } = options
  const { first = text => text, last = text => text } = options
  const hmac = (key: Buffer, data: string): Buffer => createHmac(hash, key).update(data).digest()
  let clientFirst = ''
  let serverFirst = ''
  return {
    get clientFirst() {
      return clientFirst
    },
    answer(message: Uint8Array): Buffer | undefined {
      const text = Buffer.from(message).toString()
      if (clientFirst === '') {
        clientFirst = text.slice(3)
        const nonce = /r=([^,]*)/.exec(text)![1]
        serverFirst = first(`r=${nonce}server,s=${salt.toString('base64')},i=${iterations}`)
        return Buffer.from(serverFirst)
      }
      const [, bare, proof] = /^(.*),p=(.*)$/.exec(text)!
      const salted = pbkdf2Sync(password, salt, iterations, hash === 'sha256' ? 32 : 64, hash)
      const stored = createHash(hash).update(hmac(salted, 'Client Key')).digest()
      const all = `${clientFirst},${serverFirst},${bare}`
      const signature = hmac(stored, all)
      const key = Buffer.from(proof!, 'base64').map((byte, i) => byte ^ signature[i]!)
      if (!timingSafeEqual(createHash(hash).update(key).digest(), stored)) return undefined
      return Buffer.from(last(`v=${hmac(hmac(salted, 'Server Key'), all).toString('base64')}`))
    },
  }
}
