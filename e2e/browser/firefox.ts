import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { binaryOf } from '../runtimes/packages.ts'
import { Bidi } from './bidi.ts'
import type { Browser, Tab } from './browser.ts'
import { startGroup } from './process.ts'

/** Firefox by WebDriver BiDi. `local`: a name that means 127.0.0.1. */
export async function launchFirefox(local: string): Promise<Browser> {
  const firefox = await startGroup(binaryOf('firefox'), async profile => {
    await writeFile(join(profile, 'user.js'), Object.entries(preferences(local)).map(preference).join(''))
    return ['--headless', '--no-remote', '--remote-debugging-port=0', '--profile', profile]
  })
  try {
    const [, address] = await firefox.wrote(/WebDriver BiDi listening on (ws:\S+)/)
    const bidi = await Bidi.connect(`${address}/session`)
    await bidi.call('session.new', { capabilities: {} })
    return {
      open: url => openTab(bidi, url),
      async close() {
        bidi.close()
        await firefox.close()
      },
    }
  } catch (error) {
    await firefox.close()
    throw new Error(`Firefox does not start: ${firefox.log()}`, { cause: error })
  }
}

// That it asks nobody in the network anything, Firefox sees to itself when it is driven.
const preferences = (local: string): Readonly<Record<string, string>> => ({ 'network.dns.localDomains': local })

function preference([name, value]: readonly [string, string]): string {
  return `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`
}

type Evaluated =
  | { type: 'success'; result: { value?: string } }
  | { type: 'exception'; exceptionDetails: { text: string } }

async function openTab(bidi: Bidi, url: string): Promise<Tab> {
  // A window, as the timers of tabs in the background are slowed down.
  const { context } = await bidi.call<{ context: string }>('browsingContext.create', { type: 'window' })
  await bidi.call('browsingContext.navigate', { context, url, wait: 'complete' })
  return {
    async evaluate(expression) {
      const outcome = await bidi.call<Evaluated>('script.evaluate', {
        expression: `(async () => JSON.stringify(await (${expression})))()`,
        target: { context },
        awaitPromise: true,
      })
      if (outcome.type === 'exception') throw new Error(outcome.exceptionDetails.text)
      const { value } = outcome.result
      return value === undefined ? undefined : JSON.parse(value)
    },
    async screenshot() {
      const { data } = await bidi.call<{ data: string }>('browsingContext.captureScreenshot', { context })
      return Buffer.from(data, 'base64')
    },
    async close() {
      await bidi.call('browsingContext.close', { context })
    },
  }
}
