import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ServedBridge, type ServeOptions, serveBridge, signedTokens } from '../../adapters/bridge/index.ts'
import { bundle } from '../runtimes/bundle.ts'
import type { BrowserName } from '../runtimes/packages.ts'
import { type Browser, insecureHost, launch, type Tab } from './browser.ts'

// Every page keeps what went wrong in it, from before its own script on; and apart from that what its policy refused,
// which may be meant to be.
const listenerScript = `globalThis.complaints = []
globalThis.refusals = []
addEventListener('error', event => complaints.push(event.message ?? 'a script did not load'), true)
addEventListener('unhandledrejection', event => complaints.push('unhandled rejection: ' + event.reason))
addEventListener('securitypolicyviolation', event => refusals.push(event.effectiveDirective + ' refuses ' + event.blockedURI))`
const plainPage =
  '<!doctype html><title>test</title><script src="listener.js"></script><script type="module" src="script.js"></script>'

const policy = (bridges: string): string =>
  `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ${bridges}; base-uri 'none'; form-action 'none'`

/**
 * A browser for pages under the strictest policy there is, on an http:// origin that isn't secure, and the bridge they
 * may use.
 */
export interface Stage {
  /** The one that runs now. */
  readonly bridge: ServedBridge
  readonly browser: Browser
  /** Opens the page whose script is this bundled entry. */
  open(entry: string, own?: Partial<Document>): Promise<Tab>
  /** An address of the pages' origin with nothing on it. */
  readonly elsewhere: string
  /** Lets pages opened from now on connect there, too: a WebSocket's origin. */
  allow(origin: string): void
  /** Closes the bridge, as for an update, and starts it again on the same port. */
  restartBridge(): Promise<void>
  close(): Promise<void>
}

/** What a page is beside its script. */
interface Document {
  readonly html: string
  readonly style: string
  /** Of the page's address. */
  readonly query: string
}

/** Starts a browser, a server of pages, and a bridge for these brokers. */
export async function startStage(
  name: BrowserName,
  brokers: readonly string[],
  options: Partial<ServeOptions> = {},
): Promise<Stage> {
  const tokens = signedTokens({ secret: crypto.getRandomValues(new Uint8Array(32)) })
  const pages = new Map<string, { script: string } & Document>()
  let bridgeUrl = ''
  const allowed: string[] = []
  const server = createServer((request, response) => {
    const [, at = '', file = ''] = (request.url ?? '').split('?')[0]!.split('/')
    const page = pages.get(at)
    const answer = (type: string, text: string): void =>
      void response.writeHead(200, { 'content-type': `text/${type}; charset=utf-8` }).end(text)
    response.setHeader('content-security-policy', policy([bridgeUrl, ...allowed].join(' ')))
    if (at === 'token') void tokens.sign({ id: 'page' }).then(token => answer('plain', token))
    else if (at === 'elsewhere') answer('html', '<!doctype html><title>elsewhere</title>')
    else if (page === undefined) response.writeHead(404).end()
    else if (file === 'listener.js') answer('javascript', listenerScript)
    else if (file === 'script.js') answer('javascript', page.script)
    else if (file === 'style.css') answer('css', page.style)
    else answer('html', page.html)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { origin } = new URL(`http://${insecureHost(name)}:${(server.address() as AddressInfo).port}`)
  const settings: ServeOptions = {
    port: 0,
    ...(brokers.length > 0 && { learnTargets: brokers[0]!, learnPorts: ['1-65535'] }),
    // Nothing listens there: what the suites call unreachable.
    targets: ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3', '127.0.0.1:4'],
    allowAddresses: ['127.0.0.1'],
    // The suites look after clusters, too.
    apis: { allow: 'all' },
    authenticate: tokens.authenticate,
    origins: [origin],
    limits: { upgradesPerSecond: 1000 },
    ...options,
  }
  let bridge = await serveBridge(settings)
  bridgeUrl = new URL(bridge.url).origin.replace('http', 'ws')
  const closeServers = async (): Promise<void> => {
    await bridge.close()
    await stop(server)
  }
  const browser = await launch(name).catch(async error => {
    await closeServers()
    throw error
  })
  return {
    get bridge() {
      return bridge
    },
    browser,
    elsewhere: `${origin}/elsewhere/`,
    allow: origin => void allowed.push(origin),
    async restartBridge() {
      const port = Number(new URL(bridge.url).port)
      await bridge.close()
      bridge = await serveBridge({ ...settings, port })
    },
    async open(entry, own) {
      const at = `page${pages.size}`
      // A page of its own is one as users have it, with the package as they get it.
      const script = await bundle(entry, 'browser', { from: own === undefined ? 'source' : 'package' })
      pages.set(at, { script, html: plainPage, style: '', query: '', ...own })
      const tab = await browser.open(`${origin}/${at}/?${own?.query ?? ''}`)
      // Loaded means that its modules have run.
      if (own === undefined && !(await tab.evaluate('globalThis.ready === true')))
        throw new Error(`the page did not start: ${await tab.evaluate('[...complaints, ...refusals].join()')}`)
      return tab
    },
    async close() {
      await browser.close()
      await closeServers()
    },
  }
}

function stop(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
