import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium, type Page } from 'playwright-core'
import { type ServedBridge, type ServeOptions, serveBridge, signedTokens } from '../../adapters/bridge/index.ts'
import { bundle } from '../runtimes/bundle.ts'
import { runtime } from '../runtimes/packages.ts'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** Why no page can be opened here; null if one can. */
export function whyNoChromium(): string | null {
  if (!existsSync(executablePath)) return 'Chromium is not installed: apt-get install chromium (or CHROMIUM=path)'
  return runtime('node24').missing
}

// An http:// origin that isn't localhost: no crypto.subtle, no randomUUID there.
const host = 'insecure.test'
const plainPage = '<!doctype html><title>test</title><script type="module" src="script.js"></script>'
const policy = (bridge: string): string =>
  `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ${bridge}; base-uri 'none'; form-action 'none'`

/** A page in Chromium, the strictest there is, and the bridge it may use. */
export interface Stage {
  readonly bridge: ServedBridge
  readonly browser: Browser
  /** Opens the page whose script is this bundled entry. */
  open(entry: string, own?: Partial<Document>): Promise<Page>
  close(): Promise<void>
}

/** What a page is beside its script. */
interface Document {
  readonly html: string
  readonly style: string
  /** Of the page's address. */
  readonly query: string
}

/** Starts Chromium, a server of pages, and a bridge for these brokers. */
export async function startStage(brokers: readonly string[], options: Partial<ServeOptions> = {}): Promise<Stage> {
  const tokens = signedTokens({ secret: crypto.getRandomValues(new Uint8Array(32)) })
  const scripts = new Map<string, { script: string } & Document>()
  let bridgeUrl = ''
  const server = createServer((request, response) => {
    const [, name = '', part] = (request.url ?? '').split('?')[0]!.split('/')
    const page = scripts.get(name)
    response.setHeader('content-security-policy', policy(bridgeUrl))
    if (name === 'token') void tokens.sign({ id: 'page' }).then(token => response.end(token))
    else if (page === undefined) response.writeHead(404).end()
    else if (part === 'script.js') response.writeHead(200, { 'content-type': 'text/javascript; charset=utf-8' }).end(page.script)
    else if (part === 'style.css') response.writeHead(200, { 'content-type': 'text/css; charset=utf-8' }).end(page.style)
    else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page.html)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://${host}:${(server.address() as AddressInfo).port}`
  const bridge = await serveBridge({
    port: 0,
    learnTargets: brokers[0]!,
    // Nothing listens there: what the suites call unreachable.
    targets: ['127.0.0.1:1', '127.0.0.1:2'],
    allowAddresses: ['127.0.0.1'],
    authenticate: tokens.authenticate,
    origins: [origin],
    limits: { upgradesPerSecond: 1000 },
    ...options,
  })
  bridgeUrl = new URL(bridge.url).origin.replace('http', 'ws')
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--enable-precise-memory-info',
      `--host-resolver-rules=MAP ${host} 127.0.0.1`,
    ],
  })
  return {
    bridge,
    browser,
    async open(entry, own) {
      const name = `page${scripts.size}`
      const document = { html: plainPage, style: '', query: '', ...own }
      scripts.set(name, { script: await bundle(entry, 'browser'), ...document })
      const page = await browser.newPage()
      const violations: string[] = []
      page.on('console', message => {
        if (message.type() === 'error') violations.push(message.text())
      })
      page.on('pageerror', error => violations.push(error.message))
      await page.goto(`${origin}/${name}/?${document.query}`)
      if (own !== undefined) return page
      try {
        await page.waitForFunction('globalThis.ready === true', undefined, { timeout: 20_000 })
      } catch (error) {
        throw new Error(`the page did not start: ${violations.join('; ')}`, { cause: error })
      }
      return page
    },
    async close() {
      await browser.close()
      await bridge.close()
      await stop(server)
    },
  }
}

function stop(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
