/** Whether a host's name or address is this machine itself. */
export function isLoopback(host: string): boolean {
  if (/^(.*\.)?localhost\.?$/i.test(bare(host))) return true
  const v4 = ipv4Of(host)
  return v4 === undefined ? /^[0:]*:0*1$/.test(bare(host)) : v4 >>> 24 === 127
}

/**
 * Whether a host is a link-local address (169.254.0.0/16, fe80::/10): nothing routed, but in clouds where each machine
 * is told its own secrets.
 */
export function isLinkLocal(host: string): boolean {
  const v4 = ipv4Of(host)
  return v4 === undefined ? /^fe[89ab][0-9a-f]:/i.test(bare(host)) : v4 >>> 16 === 0xa9fe
}

/** Without brackets and zone, and with other scripts' digits and full stops as resolvers read them (UTS #46). */
function bare(host: string): string {
  const text = host.replace(/^\[|\]$/g, '').replace(/%.*$/, '')
  if (/^[!-~]*$/.test(text)) return text
  return text
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll('。', '.')
}

/** An IPv4 address as a number, in IPv6 clothes (::ffff:127.0.0.1, and NAT64's 64:ff9b::) too. */
function ipv4Of(host: string): number | undefined {
  const text = bare(host)
  const [, dotted, high, low] =
    /^(?:[0:]*:ffff:|0*64:ff9b:[0:]*:)(?:([\d.]+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i.exec(text) ?? []
  if (high !== undefined) return Number.parseInt(high, 16) * 0x10000 + Number.parseInt(low!, 16)
  return resolved(dotted ?? text.replace(/\.$/, ''))
}

/**
 * What resolvers make of numbers, since inet_aton: one to four of them, decimal, octal or hexadecimal, the last as wide
 * as what is left.
 */
function resolved(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length > 4 || !parts.every(part => /^(0x[0-9a-f]*|\d+)$/i.test(part))) return undefined
  const numbers = parts.map(part => (/^0\d/.test(part) ? Number.parseInt(part, 8) : Number(part === '0x' ? 0 : part)))
  const last = numbers.pop()!
  if (!(last < 256 ** (4 - numbers.length)) || !numbers.every(each => each < 256)) return undefined
  return numbers.reduce((sum, each, at) => sum + each * 256 ** (3 - at), last)
}
