/**
 * SHA-256 and SHA-512 (FIPS 180-4) with their HMAC, for pages that browsers give no `crypto.subtle`: those that did not
 * come by https.
 */
export interface Sha2 {
  readonly name: 'SHA-256' | 'SHA-512'
  /** Bytes of a digest. */
  readonly size: number
  digest(data: Uint8Array): Uint8Array
  /** The HMAC (RFC 2104) under this key. */
  hmac(key: Uint8Array): (data: Uint8Array) => Uint8Array
}

/** Takes the block at `at` into the state. */
type Compress = (state: Int32Array, block: DataView, at: number) => void

function sha2(name: Sha2['name'], block: 64 | 128, size: number, wide: boolean, compress: Compress): Sha2 {
  /** `before`: bytes that are in the state already. */
  const finish = (state: Int32Array, before: number, data: Uint8Array): Uint8Array => {
    const padded = new Uint8Array(Math.ceil((data.length + 1 + block / 8) / block) * block)
    padded.set(data)
    padded[data.length] = 0x80
    const view = new DataView(padded.buffer)
    const bits = (before + data.length) * 8
    view.setUint32(padded.length - 8, Math.floor(bits / 2 ** 32))
    view.setUint32(padded.length - 4, bits >>> 0)
    for (let at = 0; at < padded.length; at += block) compress(state, view, at)
    const digest = new Uint8Array(size)
    const out = new DataView(digest.buffer)
    for (let i = 0; i < size / 4; i++) out.setInt32(4 * i, state[i]!)
    return digest
  }
  const digest = (data: Uint8Array): Uint8Array => finish(initial(wide), 0, data)
  return {
    name,
    size,
    digest,
    hmac(key) {
      const short = key.length > block ? digest(key) : key
      const begun = (pad: number): Int32Array => {
        const padded = new Uint8Array(block).fill(pad)
        for (let i = 0; i < short.length; i++) padded[i]! ^= short[i]!
        const state = initial(wide)
        compress(state, new DataView(padded.buffer), 0)
        return state
      }
      const inner = begun(0x36)
      const outer = begun(0x5c)
      return data => finish(outer.slice(), block, finish(inner.slice(), block, data))
    },
  }
}

export const sha256 = /* @__PURE__ */ sha2('SHA-256', 64, 32, false, compress256)
export const sha512 = /* @__PURE__ */ sha2('SHA-512', 128, 64, true, compress512)

/** The first 64 bits behind the point of the roots of the first primes, as pairs of 32; made when first needed. */
let made: { readonly square: Int32Array; readonly cube: Int32Array } | undefined

function roots(): NonNullable<typeof made> {
  made ??= { square: fractions(8, 2n), cube: fractions(80, 3n) }
  return made
}

function fractions(count: number, degree: bigint): Int32Array {
  const pairs = new Int32Array(2 * count)
  const primes: bigint[] = []
  for (let n = 2n; primes.length < count; n++) if (primes.every(prime => n % prime !== 0n)) primes.push(n)
  for (const [i, prime] of primes.entries()) {
    const root = integerRoot(prime << (64n * degree), degree)
    pairs[2 * i] = Number((root >> 32n) & 0xffffffffn)
    pairs[2 * i + 1] = Number(root & 0xffffffffn)
  }
  return pairs
}

/** By Newton's steps from above. */
function integerRoot(n: bigint, degree: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(n.toString(2).length / Number(degree)))
  for (;;) {
    const next = ((degree - 1n) * root + n / root ** (degree - 1n)) / degree
    if (next >= root) return root
    root = next
  }
}

function initial(wide: boolean): Int32Array {
  const { square } = roots()
  return wide ? square.slice() : square.filter((_, i) => i % 2 === 0)
}

type Eight = [number, number, number, number, number, number, number, number]

const w = /* @__PURE__ */ new Int32Array(160)

function compress256(state: Int32Array, block: DataView, at: number): void {
  const { cube } = roots()
  for (let i = 0; i < 16; i++) w[i] = block.getInt32(at + 4 * i)
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!
    const y = w[i - 2]!
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10)
    w[i] = w[i - 16]! + s0 + w[i - 7]! + s1
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as Eight
  for (let i = 0; i < 64; i++) {
    const t1 = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + cube[2 * i]! + w[i]!) | 0
    const t2 = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  for (const [i, each] of [a, b, c, d, e, f, g, h].entries()) state[i]! += each
}

function rotate(x: number, by: number): number {
  return (x >>> by) | (x << (32 - by))
}

/** Words of 64 bits are pairs: the high half, then the low one. */
function compress512(state: Int32Array, block: DataView, at: number): void {
  const { cube } = roots()
  for (let i = 0; i < 32; i++) w[i] = block.getInt32(at + 4 * i)
  for (let i = 32; i < 160; i += 2) {
    const xh = w[i - 30]!
    const xl = w[i - 29]!
    const yh = w[i - 4]!
    const yl = w[i - 3]!
    const s0h = high(xh, xl, 1) ^ high(xh, xl, 8) ^ (xh >>> 7)
    const s0l = high(xl, xh, 1) ^ high(xl, xh, 8) ^ ((xl >>> 7) | (xh << 25))
    const s1h = high(yh, yl, 19) ^ high(yl, yh, 29) ^ (yh >>> 6)
    const s1l = high(yl, yh, 19) ^ high(yh, yl, 29) ^ ((yl >>> 6) | (yh << 26))
    const low = (w[i - 31]! >>> 0) + (s0l >>> 0) + (w[i - 13]! >>> 0) + (s1l >>> 0)
    w[i] = w[i - 32]! + s0h + w[i - 14]! + s1h + carry(low)
    w[i + 1] = low
  }
  let [ah, al, bh, bl, ch, cl, dh, dl] = state as unknown as Eight
  let [eh, el, fh, fl, gh, gl, hh, hl] = state.subarray(8) as unknown as Eight
  for (let i = 0; i < 160; i += 2) {
    const s1h = high(eh, el, 14) ^ high(eh, el, 18) ^ high(el, eh, 9)
    const s1l = high(el, eh, 14) ^ high(el, eh, 18) ^ high(eh, el, 9)
    const choiceH = (eh & fh) ^ (~eh & gh)
    const choiceL = (el & fl) ^ (~el & gl)
    const low1 = (hl >>> 0) + (s1l >>> 0) + (choiceL >>> 0) + (cube[i + 1]! >>> 0) + (w[i + 1]! >>> 0)
    const t1h = (hh + s1h + choiceH + cube[i]! + w[i]! + carry(low1)) | 0
    const t1l = low1 | 0
    const s0h = high(ah, al, 28) ^ high(al, ah, 2) ^ high(al, ah, 7)
    const s0l = high(al, ah, 28) ^ high(ah, al, 2) ^ high(ah, al, 7)
    const majorityH = (ah & bh) ^ (ah & ch) ^ (bh & ch)
    const majorityL = (al & bl) ^ (al & cl) ^ (bl & cl)
    const lowE = (dl >>> 0) + (t1l >>> 0)
    const lowA = (t1l >>> 0) + (s0l >>> 0) + (majorityL >>> 0)
    hh = gh
    hl = gl
    gh = fh
    gl = fl
    fh = eh
    fl = el
    eh = (dh + t1h + carry(lowE)) | 0
    el = lowE | 0
    dh = ch
    dl = cl
    ch = bh
    cl = bl
    bh = ah
    bl = al
    ah = (t1h + s0h + majorityH + carry(lowA)) | 0
    al = lowA | 0
  }
  const v = [ah, al, bh, bl, ch, cl, dh, dl, eh, el, fh, fl, gh, gl, hh, hl]
  for (let i = 0; i < 16; i += 2) {
    const low = (state[i + 1]! >>> 0) + (v[i + 1]! >>> 0)
    state[i] = state[i]! + v[i]! + carry(low)
    state[i + 1] = low
  }
}

/** The high half of a pair rotated to the right by fewer than 32 bits; of the pair turned round, the low half. */
function high(h: number, l: number, by: number): number {
  return (h >>> by) | (l << (32 - by))
}

/** What the sum of low halves gives to the high one. */
function carry(sum: number): number {
  return (sum / 2 ** 32) | 0
}
