// @ts-check
// The program behind guard.ts: a process in a session of its own. It reads what to clean up from its standard input, a line each, which ends
// when the process that started it ends, in whatever way; then it kills and removes what is still listed.
import { rmSync } from 'node:fs'

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})

const kept = new Set()
let text = ''
process.stdin.setEncoding('utf8')
for await (const chunk of process.stdin) {
  text += chunk
  const lines = text.split('\n')
  text = lines.pop() ?? ''
  for (const line of lines) {
    if (line.startsWith('+')) kept.add(line.slice(1))
    else kept.delete(line.slice(1))
  }
}
for (const what of kept) {
  if (!/^-?\d+$/.test(what)) continue
  try {
    process.kill(Number(what), 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
for (const what of kept) {
  // A dying broker may still write a file.
  if (what.startsWith('/')) rmSync(what, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}
