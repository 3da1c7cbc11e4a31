import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What a user gets: a folder of an application's with the packed tarball installed in it. */
export interface Installed extends AsyncDisposable {
  readonly folder: string
  /** Puts a file of this repository, or a text, into the folder; answers its path there. */
  put(path: string, content: { readonly from: string } | string): Promise<string>
}

export async function installPackage(): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'isokafka-app-'))
  await run('npm', ['pack', '--silent', '--pack-destination', folder])
  const [tarball] = (await readdir(folder)).filter(name => name.endsWith('.tgz'))
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }')
  await run('npm', ['install', '--silent', '--prefer-offline', '--no-package-lock', `./${tarball}`], { cwd: folder })
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
