// Clients that mean harm, in a process of their own: what they do is in its argument, as JSON. Prints what came of it.
import { createConnection } from 'node:net'

const {
  url,
  tokens,
  origin,
  kind,
  connections,
  seconds,
  again = true,
  broker = 'broker:9092',
} = JSON.parse(process.argv[2])
const { hostname, port } = new URL(url)

const frame = (first, payload = '') => {
  const bytes = Buffer.from(payload)
  // The key is zero: masked is the same as plain.
  return Buffer.concat([Buffer.from([first, 0x80 | bytes.length, 0, 0, 0, 0]), bytes])
}
const many = (one, size = 64 * 1024) => Buffer.concat(Array.from({ length: Math.ceil(size / one.length) }, () => one))
// A Produce of 90 MiB begins: whatever comes then belongs to it.
const beginning = frame(0x82, Buffer.from([0x05, 0xa0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 0, 1, 0x78]))
const floods = {
  'one-byte messages': [beginning, many(frame(0x82, 'x'))],
  // As small as costs no more than others.
  'small messages': [beginning, many(frame(0x82, 'x'.repeat(12)))],
  pings: [Buffer.alloc(0), many(frame(0x89))],
  'empty fragments': [frame(0x02), many(frame(0x00))],
  'empty messages': [Buffer.alloc(0), many(frame(0x82))],
  marks: [Buffer.alloc(0), many(frame(0x81, '?x'))],
}

const result = { opened: 0, refused: {}, closed: {}, bytes: 0, held: 0 }
const until = performance.now() + seconds * 1000
const open = new Set()

/** With a token for each they have nothing in common: nor do they come from one address, where a proxy is believed. */
function connect(at) {
  return new Promise(resolve => {
    const socket = createConnection(Number(port), hostname)
    let upgraded = false
    let last = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('close', () => {
      open.delete(socket)
      if (upgraded) count(result.closed, codeIn(last))
      resolve(undefined)
    })
    socket.on('data', data => {
      if (upgraded) last = Buffer.concat([last, data]).subarray(-200)
      else {
        const status = Number(/^HTTP\/1.1 (\d+)/.exec(data.toString())?.[1])
        if (status !== 101) {
          count(result.refused, status)
          socket.destroy()
          return
        }
        upgraded = true
        result.opened++
        open.add(socket)
        resolve(socket)
      }
    })
    const token = Buffer.from(tokens[at % tokens.length]).toString('base64url')
    const address = `192.0.2.${at % tokens.length}`
    const protocols = `isokafka, isokafka.marks, isokafka.token.${token}`
    socket.write(
      `GET /${broker} HTTP/1.1\r\nHost: ${hostname}\r\nOrigin: ${origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${protocols}\r\n` +
        `X-Forwarded-For: ${address}\r\nCF-Connecting-IP: ${address}\r\n\r\n`,
    )
  })
}

function count(counts, key) {
  counts[key] = (counts[key] ?? 0) + 1
}

/** The code of a close frame at the end of what was heard; 0 without one. */
function codeIn(last) {
  for (let at = last.length - 4; at >= 0; at--)
    if (last[at] === 0x88 && last[at + 1] >= 2 && last[at + 1] === last.length - at - 2)
      return last.readUInt16BE(at + 2)
  return 0
}

async function flood(at) {
  const [first, rest] = floods[kind]
  while (performance.now() < until) {
    const socket = await connect(at)
    if (socket === undefined) {
      await new Promise(resolve => setTimeout(resolve, 50))
      continue
    }
    if (kind === 'marks') socket.pause()
    socket.write(first)
    while (performance.now() < until && socket.writable) {
      result.bytes += rest.length
      if (!socket.write(rest))
        await new Promise(resolve => {
          const done = () => {
            socket.off('drain', done)
            socket.off('close', done)
            clearTimeout(timer)
            resolve()
          }
          const timer = setTimeout(done, 1000)
          socket.once('drain', done)
          socket.once('close', done)
        })
      else await new Promise(resolve => setImmediate(resolve))
    }
    if (performance.now() >= until) socket.destroy()
    if (!again) return
  }
}

/** Opens one connection after another, and answers nothing, not even a closing. */
async function stay(at) {
  while (performance.now() < until) {
    await connect(at)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

// Some wait for an answer that does not come.
const late = new Promise(resolve => setTimeout(resolve, seconds * 1000 + 2000))
await Promise.race([
  late,
  Promise.all(Array.from({ length: connections }, (_, at) => (kind === 'stay' ? stay(at) : flood(at)))),
])
// What the bridge has closed by now is seen to be.
await new Promise(resolve => setTimeout(resolve, 1000))
result.held = open.size
for (const socket of open) socket.destroy()
console.log(JSON.stringify(result))
process.exit()
