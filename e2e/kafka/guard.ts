import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Cleans up after this process, however it ends. */
export interface Guard {
  /**
   * Kill this process (or with a negative id this group of processes), or remove this directory (an absolute path), at
   * the end.
   */
  keep(what: number | string): void
  forget(what: number | string): void
  /** Cleans up now. */
  close(): Promise<void>
}

export function startGuard(): Guard {
  const program = fileURLToPath(new URL('guard.mjs', import.meta.url))
  const child = spawn(process.execPath, [program], { detached: true, stdio: ['pipe', 'ignore', 'inherit'] })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  // The tests' process must be able to end while the guard runs.
  child.unref()
  const tell = (line: string): void => {
    if (child.stdin.writable) child.stdin.write(line)
  }
  return {
    keep: what => tell(`+${what}\n`),
    forget: what => tell(`-${what}\n`),
    close() {
      child.ref()
      child.stdin.end()
      return ended
    },
  }
}
