import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { until } from '../../test/support/waiting.ts'

const run = promisify(execFile)

/** What a user gets: a folder of an application's with the packed tarball installed in it. */
export interface Installed extends AsyncDisposable {
  readonly folder: string
  /** Puts a file of this repository, or a text, into the folder; answers its path there. */
  put(path: string, content: { readonly from: string } | string): Promise<string>
}

export async function installPackage(): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'isokafka-app-'))
  await cp(await original(), folder, { recursive: true, verbatimSymlinks: true })
  return {
    folder,
    async put(path, content) {
      const to = join(folder, path)
      if (typeof content === 'string') await writeFile(to, content)
      else await cp(content.from, to, { recursive: true })
      return to
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Packs and installs once in a run of the tests: each file takes a copy. */
async function original(): Promise<string> {
  const folder = join(inject('workshop'), 'app')
  if (existsSync(folder)) return folder
  const making = join(inject('workshop'), 'making')
  try {
    await mkdir(making)
  } catch {
    // Another file's tests are at it.
    await until(AbortSignal.timeout(110_000), () => existsSync(folder))
    return folder
  }
  await run('npm', ['pack', '--silent', '--pack-destination', making])
  const [tarball] = await readdir(making)
  await writeFile(join(making, 'package.json'), '{ "type": "module", "private": true }')
  await run('npm', ['install', '--silent', '--prefer-offline', '--no-package-lock', `./${tarball}`], { cwd: making })
  await rename(making, folder)
  return folder
}
