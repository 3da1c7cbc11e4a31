import { execFile } from 'node:child_process'
import { cp, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { unless } from '../test/support/left-out.ts'
import { type Installed, installPackage } from './package/installed.ts'
import { noSharedKafka, sharedKafka } from './shared.ts'

const run = promisify(execFile)

// What a user gets: the packed tarball, installed elsewhere.
let installed: Installed
let app: string
beforeAll(async () => {
  installed = await installPackage()
  app = installed.folder
})
afterAll(() => installed?.[Symbol.asyncDispose]())

async function node(program: string, ...args: string[]): Promise<string> {
  await installed.put('main.js', program)
  const { stdout } = await run(process.execPath, ['main.js', ...args], { cwd: app })
  return stdout
}

test('every subpath can be imported, and nothing keeps the process alive', async () => {
  const output = await node(`
    import { readFileSync } from 'node:fs'
    const { exports } = JSON.parse(readFileSync('node_modules/isokafka/package.json', 'utf8'))
    for (const path of Object.keys(exports)) {
      // Workers alone have the sockets it imports.
      if (path.endsWith('.json') || path === './cloudflare') continue
      const module = await import('isokafka' + path.slice(1))
      console.log(path, Object.keys(module).length > 0)
    }`)
  expect(output).toContain('. true')
  expect(output).not.toContain('false')
})

test('the tarball stays below 1,030 kB and 125 files', async () => {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'])
  const [{ size, files }] = JSON.parse(stdout)
  console.log(`The package: ${files.length} files, ${Math.round(size / 1000)} kB packed`)
  expect(files.length).toBeLessThanOrEqual(125)
  expect(size).toBeLessThanOrEqual(1_030_000)
})

test('a consumer under strict TypeScript compiles, declarations and all', async () => {
  await writeFile(
    join(app, 'main.ts'),
    `import { Reader, type Message, Writer } from 'isokafka'
     import { adapter } from 'isokafka/node'
     const name: string = adapter.name
     export async function main(): Promise<Message> {
       const writer = new Writer({ addr: 'localhost:9092', topic: name })
       await writer.writeMessages({ key: 'k', value: 'v' })
       // @ts-expect-error: a topic is a string
       new Writer({ addr: 'localhost:9092', topic: 5 })
       return new Reader({ brokers: ['localhost:9092'], topic: name, partition: 0 }).readMessage()
     }`,
  )
  await cp(resolve('node_modules/@types/node'), join(app, 'node_modules/@types/node'), { recursive: true })
  await cp(resolve('node_modules/undici-types'), join(app, 'node_modules/undici-types'), { recursive: true })
  const settings = [
    '--strict',
    '--noEmit',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--lib',
    'es2023,esnext.disposable',
    '--types',
    'node',
  ]
  const compiled = await run(resolve('node_modules/typescript/bin/tsc'), [...settings, 'main.ts'], { cwd: app }).catch(
    error => error,
  )
  expect(compiled.stdout).toBe('')
})

test('ten lines write and read', unless(noSharedKafka(1)), async () => {
  const cluster = await sharedKafka(1)
  try {
    const output = await node(
      `
      import { Reader, Writer } from 'isokafka'
      const [broker, topic] = process.argv.slice(2)
      const writer = new Writer({ addr: broker, topic, allowAutoTopicCreation: true })
      await writer.writeMessages({ key: 'k1', value: 'hello' })
      await writer.close()
      const reader = new Reader({ brokers: [broker], groupId: topic, topic })
      for await (const message of reader) {
        console.log(message.text())
        await reader.commitMessages(message)
        break
      }
      await reader.close()`,
      cluster.brokers[0]!,
      `packed-${Date.now()}`,
    )
    expect(output).toBe('hello\n')
  } finally {
    await cluster.stop()
  }
})
