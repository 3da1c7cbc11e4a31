import { fileURLToPath } from 'node:url'
import type { Lack } from '../../test/support/left-out.ts'
import { esbuild, runtime } from '../runtimes/packages.ts'

/** Why nothing can be bundled here; null if it can. esbuild is there with the runtimes. */
export const noSize: Lack | null = runtime('workerd').missing

export interface WriterBundleOptions {
  /** The names imported from the package. Default: `Writer` alone. */
  names?: readonly string[]
  /** Defines ISOKAFKA_SLIM. */
  slim?: boolean
  /**
   * As bundlers do that put what is imported later into files of its own; what is answered is all that a Worker loads
   * at first.
   */
  splitting?: boolean
}

/**
 * What a Worker with a Writer loads, minified, of the package as it is published: one file, as wrangler makes it,
 * unless split.
 */
export async function writerBundle({
  names = ['Writer'],
  slim = false,
  splitting = false,
}: WriterBundleOptions = {}): Promise<string> {
  const { outputFiles, metafile } = await esbuild().build({
    stdin: { contents: `export { ${names.join(', ')} } from './dist/index.js'`, resolveDir: root },
    bundle: true,
    write: false,
    minify: true,
    splitting,
    outdir: root,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    conditions: ['workerd', 'import'],
    external: ['node:*', 'cloudflare:*'],
    define: slim ? { ISOKAFKA_SLIM: 'true' } : {},
    legalComments: 'none',
    logLevel: 'silent',
    absWorkingDir: root,
  })
  const loaded = new Set(['stdin.js'])
  for (const path of loaded)
    for (const { path: target, kind, external } of metafile.outputs[path]!.imports)
      if (kind === 'import-statement' && !external) loaded.add(target)
  return outputFiles
    .filter(({ path }) => loaded.has(path.slice(root.length)))
    .map(({ text }) => text)
    .join('')
}

const root = fileURLToPath(new URL('../..', import.meta.url))
