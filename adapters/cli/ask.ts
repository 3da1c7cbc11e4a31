import type { ReadStream } from 'node:tty'

/** Asks for a secret at a terminal, which does not show what is typed. Rejects with the signal's reason. */
export function askAt(
  input: ReadStream,
  show: (text: string) => void,
  question: string,
  signal: AbortSignal,
): Promise<string> {
  show(question)
  input.setRawMode(true)
  return new Promise<string>((resolve, reject) => {
    let typed = ''
    const end = (settle: () => void): void => {
      input.off('data', take).pause().setRawMode(false)
      signal.removeEventListener('abort', stop)
      show('\n')
      settle()
    }
    const stop = (): void => end(() => reject(signal.reason))
    const take = (piece: Buffer): void => {
      const text = piece.toString()
      for (const [at, each] of [...text].entries()) {
        if (each === '\r' || each === '\n' || each === '\x04') {
          const rest = [...text].slice(at + 1).join('')
          end(() => resolve(typed))
          if (rest !== '') input.unshift(Buffer.from(rest))
          return
        }
        // A terminal that shows nothing sends this as any other key.
        if (each === '\x03') process.kill(process.pid, 'SIGINT')
        else if (each === '\x7f' || each === '\b') typed = [...typed].slice(0, -1).join('')
        else typed += each
      }
    }
    input.on('data', take)
    signal.addEventListener('abort', stop)
  })
}
