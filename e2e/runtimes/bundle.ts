import { fileURLToPath } from 'node:url'
import { esbuild, type Runtime } from './packages.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface BundleOptions {
  /**
   * What the package is taken from: this tree's TypeScript by default, or the packed package in a folder's
   * node_modules.
   */
  from?: 'source' | 'package'
  minify?: boolean
  define?: Readonly<Record<string, string>>
}

/**
 * One ES module with everything in it but what the runtime itself has. `entry`: a path from the root, or an absolute
 * one.
 */
export async function bundle(
  entry: string,
  condition: Runtime['condition'] | 'browser',
  options: BundleOptions = {},
): Promise<string> {
  const { from = 'source', minify = false, define = {} } = options
  const { outputFiles } = await esbuild().build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    // Some dependencies name Node's modules without their prefix; Deno has those with it alone.
    platform: condition === 'node' || condition === 'bun' ? 'node' : 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    conditions: [...(from === 'source' ? ['isokafka-source'] : []), condition, 'import'],
    external: ['node:*', 'cloudflare:*'],
    minify,
    define,
    legalComments: 'none',
    logLevel: 'silent',
  })
  return outputFiles[0]!.text
}
