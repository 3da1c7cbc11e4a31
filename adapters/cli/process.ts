import { fstatSync } from 'node:fs'
import { askAt } from './ask.ts'
import { type CommandContext, isColoured, Stopped } from './command.ts'
import { FilePieces, type Pieces } from './file-pieces.ts'
import { main } from './main.ts'

// A reader that has gone (`isokafka demo | head -1`) is no reason to stop: what nobody reads is dropped. Who writes for
// that reader alone is told.
let isRead = true
process.stdout.on('error', () => {
  isRead = false
})
process.stderr.on('error', () => {})

// What tells how far the work is goes away before anything else is written.
let isShown = false
function progress(line: string): void {
  if (line !== '' || isShown) process.stderr.write(`\r\x1b[K${line}`)
  isShown = line !== ''
}

const isRed = process.stderr.isTTY === true && isColoured(process.env)

function write(bytes: Uint8Array | string): Promise<boolean> {
  if (process.stdout.isTTY) progress('')
  return new Promise(resolve => {
    if (!isRead) return resolve(false)
    const told = (error?: Error | null): void => resolve(isRead && !error)
    if (process.stdout.write(bytes, told)) resolve(true)
  })
}

// A second signal doesn't wait any more. Those that come with the first say nothing new: bunx hands on to us what a
// terminal has sent to both.
const echoMs = 500
const stopping = new AbortController()
let told = 0
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    const stopped = new Stopped(signal)
    if (!stopping.signal.aborted) told = performance.now()
    else if (performance.now() - told > echoMs) process.exit(stopped.exitStatus)
    stopping.abort(stopped)
  })
}

function input(): Pieces {
  try {
    if (fstatSync(0).isFile()) return new FilePieces(0)
  } catch {
    // It is closed.
  }
  return process.stdin
}

const context: CommandContext = {
  environment: process.env,
  print: line => void write(`${line}\n`),
  warn(line) {
    progress('')
    process.stderr.write(`${isRed ? line.replace(/^isokafka:/, '\x1b[31m$&\x1b[39m') : line}\n`)
  },
  get input() {
    return input()
  },
  write,
  isTerminal: process.stdout.isTTY === true,
  isInteractive: process.stdin.isTTY === true,
  ...(process.stderr.isTTY === true && process.env['TERM'] !== 'dumb' && { progress }),
  ...(process.stdin.isTTY === true &&
    process.stderr.isTTY === true && {
      ask: (question: string) =>
        askAt(process.stdin, text => void process.stderr.write(text), question, stopping.signal),
    }),
  signal: stopping.signal,
}
process.exitCode = await main(process.argv.slice(2), context)
// Bun ends without what a slow reader's pipe has not taken yet.
if (isRead) await new Promise<void>(resolve => void process.stdout.write('', () => resolve()))
// Where a command has ended before its input did, nobody waits for the rest.
process.stdin.destroy()
