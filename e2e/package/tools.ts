import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Lack } from '../../test/support/left-out.ts'
import { installPackage } from './installed.ts'

// The tools that programs are tested, compiled and bundled by: in a folder of their own, for half a gigabyte.
const home = fileURLToPath(new URL('tools', import.meta.url))

/** A file of one of the tools' packages. */
export function tool(path: string): string {
  return join(home, 'node_modules', path)
}

/** Why they can't be tried; null if they can. */
export const noTools: Lack | null = existsSync(tool('jest'))
  ? null
  : { why: 'needs jest, webpack, next and others', command: 'npm ci --prefix e2e/package/tools' }

/** A program's folder, where the packed package is installed and the tools are found. */
export interface Workplace extends AsyncDisposable {
  readonly folder: string
  /** Writes files, by path. */
  put(files: Readonly<Record<string, string>>): Promise<void>
}

export async function workplace({ type = 'module' } = {}): Promise<Workplace> {
  await using installed = await installPackage()
  await mkdir(join(home, '.cache'), { recursive: true })
  const folder = await mkdtemp(join(home, '.cache/app-'))
  await cp(join(installed.folder, 'node_modules'), join(folder, 'node_modules'), { recursive: true })
  for (const name of ['@types/node', 'undici-types'])
    await cp(resolve('node_modules', name), join(folder, 'node_modules', name), { recursive: true })
  const put = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
  }
  await put({ 'package.json': JSON.stringify({ private: true, type, dependencies: { isokafka: '*' } }) })
  return { folder, put, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}
