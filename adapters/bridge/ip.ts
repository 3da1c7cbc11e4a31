import { ConfigError } from '../../src/base/errors.ts'

/** An IP address: 4 or 16 bytes. IPv4 addresses in IPv6 clothes (::ffff:10.0.0.1) are IPv4 here. */
export type Ip = readonly number[]

/** A block of addresses. */
export interface Range {
  readonly base: Ip
  readonly bits: number
}

/**
 * The address a text means; undefined when it is none. Only the usual forms: 127.1, 0x7f000001 and the like are names
 * to us.
 */
export function parseIp(text: string): Ip | undefined {
  const v4 = parseIpv4(text)
  if (v4 !== undefined) return v4
  const v6 = parseIpv6(text)
  if (v6 === undefined) return undefined
  return mapped.every((byte, at) => v6[at] === byte) ? v6.slice(12) : v6
}

/** `10.0.0.0/8`, `fd00::/8`, or one address. */
export function parseRange(text: string): Range | undefined {
  const [address = '', bits, ...more] = text.split('/')
  const base = parseIp(address)
  if (base === undefined || more.length > 0) return undefined
  // The prefix of a mapped range counts from the start of the IPv6 address.
  const shift = base.length === 4 && address.includes(':') ? 96 : 0
  const length = bits === undefined ? base.length * 8 : /^\d{1,3}$/.test(bits) ? Number(bits) - shift : -1
  return length >= 0 && length <= base.length * 8 ? { base, bits: length } : undefined
}

/** Of the setting of this name. A ConfigError for a text that is neither. */
export function rangesOf(setting: string, texts: readonly string[]): Range[] {
  return texts.map(text => {
    const range = parseRange(text)
    if (range === undefined)
      throw new ConfigError(`bridge: ${setting}: "${text}" is no address and no range such as 10.0.0.0/8`)
    return range
  })
}

export function within(ip: Ip, { base, bits }: Range): boolean {
  if (ip.length !== base.length) return false
  for (let at = 0; at * 8 < bits; at++) {
    const mask = (0xff00 >> Math.min(8, bits - at * 8)) & 0xff
    if (((ip[at]! ^ base[at]!) & mask) !== 0) return false
  }
  return true
}

/** Whether the address is one of the public internet: nothing private, local, reserved or of a cloud's own is. */
export function isPublic(ip: Ip): boolean {
  const { publicV6, refused } = rangesOfTheWorld()
  if (ip.length === 16 && !publicV6.some(range => within(ip, range))) return false
  return !refused.some(range => within(ip, range))
}

/**
 * By what a client is counted: its IPv4 address, or the 64 bits of an IPv6 one that name its network: the others are
 * its to choose.
 */
export function clientKey(address: string): string {
  const ip = parseIp(address.replace(/%.*$/, ''))
  return ip === undefined ? address : ip.slice(0, ip.length === 4 ? 4 : 8).join('.')
}

const mapped: Ip = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

// The registries of special addresses (RFC 6890 and what came after), and what clouds answer at.
const refusedTexts = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10', // carriers' NAT, and the metadata of Alibaba's cloud
  '127.0.0.0/8',
  '168.63.129.16/32', // the platform's own service in Azure
  '169.254.0.0/16', // link-local, and most clouds' metadata
  '172.16.0.0/12',
  '192.0.0.0/24', // and the metadata of Oracle's cloud
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3', // multicast, reserved, broadcast
  '2001::/23', // Teredo and other carriers of something else
  '2001:db8::/32',
  '2002::/16', // 6to4, which carries any IPv4 address
  '3fff::/20',
]

let world: { publicV6: readonly Range[]; refused: readonly Range[] } | undefined

function rangesOfTheWorld(): { publicV6: readonly Range[]; refused: readonly Range[] } {
  // All of IPv6 that was ever handed out; loopback, link-local, unique local, NAT64 and the rest lie outside.
  world ??= { publicV6: [parseRange('2000::/3')!], refused: refusedTexts.map(text => parseRange(text)!) }
  return world
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every(part => /^(0|[1-9]\d{0,2})$/.test(part))) return undefined
  const bytes = parts.map(Number)
  return bytes.every(byte => byte < 256) ? bytes : undefined
}

function parseIpv6(text: string): number[] | undefined {
  let groups = text
  const dotted = /:(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (dotted !== null) {
    const v4 = parseIpv4(dotted[1]!)
    if (v4 === undefined) return undefined
    const hex = (at: number): string => (v4[at]! * 256 + v4[at + 1]!).toString(16)
    groups = `${text.slice(0, -dotted[1]!.length)}${hex(0)}:${hex(2)}`
  }
  const halves = groups.split('::')
  if (halves.length > 2) return undefined
  const [before, after] = halves.map(half => (half === '' ? [] : half.split(':')))
  const missing = 8 - before!.length - (after?.length ?? 0)
  if (after === undefined ? missing !== 0 : missing < 1) return undefined
  const all = [...before!, ...Array<string>(after === undefined ? 0 : missing).fill('0'), ...(after ?? [])]
  if (!all.every(group => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return all.flatMap(group => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff])
}
