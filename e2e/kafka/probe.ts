import { connect } from 'node:net'

// Metadata version 0 for all topics, written by hand: whether a broker is up must not depend on the client under test.
const request = Buffer.from('\0\0\0\x0e\0\x03\0\0\0\0\0\x01\xff\xff\0\0\0\0', 'latin1')

/** How many brokers the one at `address` (host:port) knows to be up; 0 if it doesn't answer within `timeoutMs`. */
export function brokersSeenBy(address: string, timeoutMs = 2000): Promise<number> {
  return new Promise(resolve => {
    const at = address.lastIndexOf(':')
    let answer = Buffer.alloc(0)
    const socket = connect(Number(address.slice(at + 1)), address.slice(0, at), () => socket.write(request))
    const done = (count: number): void => {
      socket.destroy()
      resolve(count)
    }
    socket.setTimeout(timeoutMs, () => done(0))
    socket.on('error', () => done(0))
    socket.on('close', () => done(0))
    socket.on('data', chunk => {
      answer = Buffer.concat([answer, chunk])
      // Size, correlation id, then the array of brokers.
      if (answer.length >= 12) done(answer.readInt32BE(8))
    })
  })
}

/** The addresses in KAFKA_BROKERS: a running cluster to use. */
export function givenBrokers(): string[] {
  return process.env['KAFKA_BROKERS']?.split(',') ?? []
}
