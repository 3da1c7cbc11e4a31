import type { BrowserName } from '../runtimes/packages.ts'
import { launchChromium } from './chromium.ts'
import { launchFirefox } from './firefox.ts'
import { launchWebKit } from './webkit.ts'

/** A browser that tests drive. After close() nothing of it is left: no process, no file. */
export interface Browser {
  /** Opens a page in a window of its own, once it is loaded. */
  open(url: string): Promise<Tab>
  /** Resident bytes of the processes that run its pages, where it tells which they are. */
  resident?(): Promise<number>
  close(): Promise<void>
}

export interface Tab {
  /** What an expression, or the promise it gives, comes to in the page: as much of it as JSON can carry. */
  evaluate<T>(expression: string): Promise<T>
  /** A PNG of what is to be seen. */
  screenshot(): Promise<Uint8Array>
  /**
   * Takes its network away, or gives it back: what is open stays, nothing new can be opened. Chromium alone, as are the
   * next.
   */
  offline?(yes: boolean): Promise<void>
  /** To another page, in the same tab. */
  go?(url: string): Promise<void>
  back?(): Promise<void>
  forward?(): Promise<void>
  close(): Promise<void>
}

/** A host of loopback whose http:// pages are no secure context, so that crypto.subtle and randomUUID are missing. */
export function insecureHost(name: BrowserName): string {
  // WebKit can't be told about names, but knows loopback by 127. and ::1 alone.
  return name === 'webkit' ? '[::ffff:127.0.0.1]' : insecureName
}

const insecureName = 'insecure.test'

export function launch(name: BrowserName): Promise<Browser> {
  if (name === 'chromium') return launchChromium(insecureName)
  if (name === 'firefox') return launchFirefox(insecureName)
  return launchWebKit()
}
