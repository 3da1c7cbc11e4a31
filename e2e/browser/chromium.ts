import { readFile } from 'node:fs/promises'
import { chromium } from 'playwright-core'
import { binaryOf } from '../runtimes/packages.ts'
import type { Browser } from './browser.ts'

/** Chromium by Playwright. `local`: a name that means 127.0.0.1. */
export async function launchChromium(local: string): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: binaryOf('chromium'),
    // As users have it: Playwright would switch off what keeps a page alive for Back.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--enable-precise-memory-info',
      '--js-flags=--expose-gc',
      `--host-resolver-rules=MAP ${local} 127.0.0.1`,
    ],
  })
  const session = await browser.newBrowserCDPSession()
  return {
    async open(url) {
      const page = await browser.newPage()
      await page.goto(url)
      return {
        evaluate: expression => page.evaluate(expression),
        screenshot: () => page.screenshot(),
        offline: yes => page.context().setOffline(yes),
        async go(where) {
          await page.goto(where)
        },
        async back() {
          await page.goBack({ waitUntil: 'commit' })
        },
        async forward() {
          await page.goForward({ waitUntil: 'commit' })
        },
        close: () => page.close(),
      }
    },
    async resident() {
      const { processInfo } = await session.send('SystemInfo.getProcessInfo')
      const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => residentBytes(id))
      return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
    },
    close: () => browser.close(),
  }
}

async function residentBytes(pid: number): Promise<number> {
  // A process may have ended since it was listed.
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
}
