import net from 'node:net'

/**
 * A line to a broker that takes so many milliseconds there and back, once more for connecting.
 * @param {{ port: number, to: string, roundTrip: number }} options
 */
export async function slowLine({ port, to, roundTrip }) {
  const half = roundTrip / 2
  const [host, brokerPort] = to.split(':')
  const server = net.createServer(client => {
    client.setNoDelay(true)
    const broker = net.connect({ host, port: Number(brokerPort), noDelay: true })
    // What is said before the connection would be there waits for that.
    const open = performance.now() + roundTrip
    later(client, broker, () => Math.max(open, performance.now()) + half)
    later(broker, client, () => performance.now() + half)
  })
  await new Promise(resolve => server.listen(port, '127.0.0.1', resolve))
  return { close: () => new Promise(resolve => server.close(resolve)) }
}

/** Passes on in order what comes, when it is due. */
function later(from, to, dueAt) {
  const due = []
  let timer
  const pass = () => {
    timer = undefined
    while (due.length > 0 && due[0].at <= performance.now()) {
      const { bytes } = due.shift()
      if (bytes === undefined) to.end()
      else to.write(bytes)
    }
    if (due.length > 0) timer = setTimeout(pass, due[0].at - performance.now())
  }
  const add = bytes => {
    due.push({ at: dueAt(), bytes })
    timer ??= setTimeout(pass, due[0].at - performance.now())
  }
  from.on('data', add)
  from.on('end', () => add(undefined))
  from.on('error', () => to.destroy())
  from.on('close', () => clearTimeout(timer))
}
