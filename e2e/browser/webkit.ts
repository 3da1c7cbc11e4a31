import { setTimeout } from 'node:timers/promises'
import { freePorts } from '../kafka/index.ts'
import { binaryOf } from '../runtimes/packages.ts'
import type { Browser, Tab } from './browser.ts'
import { startGroup } from './process.ts'

// Debian's libwebkit2gtk-4.1-0 brings it along.
const miniBrowser = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser'
const mostMilliseconds = 600_000

/**
 * WebKitGTK's MiniBrowser by plain WebDriver, on a display of its own. A driver runs one script at a time: each page
 * has its own.
 */
export async function launchWebKit(): Promise<Browser> {
  const display = await startGroup('/usr/bin/Xvfb', () => [
    '-displayfd',
    '1',
    '-screen',
    '0',
    '1280x960x24',
    '-nolisten',
    'tcp',
  ])
  const tabs = new Set<Tab>()
  const close = async (): Promise<void> => {
    for (const tab of tabs) await tab.close()
    await display.close()
  }
  try {
    const [number] = await display.wrote(/^\d+$/m)
    return {
      async open(url) {
        const tab = await openTab(`:${number}`, url)
        tabs.add(tab)
        return tab
      },
      close,
    }
  } catch (error) {
    await close()
    throw new Error(`Xvfb does not start: ${display.log()}`, { cause: error })
  }
}

async function openTab(display: string, url: string): Promise<Tab> {
  const [port] = await freePorts(1)
  const driver = await startGroup(binaryOf('webkit'), () => [`--port=${port}`], { DISPLAY: display, NO_AT_BRIDGE: '1' })
  const base = `http://127.0.0.1:${port}/session`
  try {
    await Promise.race([answers(`http://127.0.0.1:${port}/status`), driver.ended.then(error => Promise.reject(error))])
    const { sessionId } = await call<{ sessionId: string }>(base, {
      capabilities: {
        alwaysMatch: {
          'webkitgtk:browserOptions': { binary: miniBrowser, args: ['--automation'] },
          timeouts: { script: mostMilliseconds },
        },
      },
    })
    const session = `${base}/${sessionId}`
    await call(`${session}/url`, { url })
    return {
      async evaluate(expression) {
        const script = `const done = arguments[0]; (async () => [await (${expression})])().then(done, error => done(String(error)))`
        const outcome = await call<[unknown] | string>(`${session}/execute/async`, { script, args: [] })
        if (typeof outcome === 'string') throw new Error(outcome)
        return outcome[0] as never
      },
      screenshot: async () => Buffer.from(await call<string>(`${session}/screenshot`), 'base64'),
      close: () => driver.close(),
    }
  } catch (error) {
    await driver.close()
    throw new Error(`WebKitGTK does not start: ${driver.log()}`, { cause: error })
  }
}

/** The driver tells nobody when it is ready. */
async function answers(url: string): Promise<void> {
  while (
    !(await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    ))
  )
    await setTimeout(20)
}

/** POST with a body, GET without. */
async function call<T>(url: string, body?: object): Promise<T> {
  const response = await fetch(url, body && { method: 'POST', body: JSON.stringify(body) })
  const { value } = (await response.json()) as { value: T & { error?: string; message?: string } }
  if (!response.ok) throw new Error(`${value.error}: ${value.message}`)
  return value
}
