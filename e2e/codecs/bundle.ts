import { fileURLToPath } from 'node:url'
import { esbuild, runtime } from '../runtimes/packages.ts'

/** Why nothing can be bundled here; null if it can. esbuild is there with the runtimes. */
export const noSize = runtime('workerd').missing

/** One file with the Writer and what it needs, as wrangler makes it. */
export async function writerBundle({ slim = false } = {}): Promise<string> {
  const { outputFiles } = await esbuild().build({
    stdin: { contents: "export { Writer } from './src/index.ts'", resolveDir: fileURLToPath(new URL('../..', import.meta.url)) },
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    conditions: ['isokafka-source', 'workerd', 'import'],
    external: ['node:*', 'cloudflare:*'],
    define: slim ? { ISOKAFKA_SLIM: 'true' } : {},
    legalComments: 'none',
    logLevel: 'silent',
  })
  return outputFiles[0]!.text
}
