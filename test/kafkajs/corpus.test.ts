import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { unless } from '../support/left-out.ts'
import { noKafkajs } from './scenarios/libraries.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..')
const ours = '../../adapters/kafkajs/index.ts'

// The compiler takes seconds of both cores, which others have at the same time.
const patience = 120_000

/** What the compiler says of the corpus, as a program has it that asks `kafkajs` for all it uses. */
async function complaints(kafkajs: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'isokafka-corpus-'))
  try {
    const corpus = await readFile(join(import.meta.dirname, 'corpus.ts'), 'utf8')
    expect(corpus).toContain(ours)
    await writeFile(join(folder, 'corpus.ts'), corpus.replace(ours, 'kafkajs'))
    const compilerOptions = {
      strict: true,
      target: 'es2022',
      lib: ['es2023', 'esnext.disposable'],
      module: 'esnext',
      moduleResolution: 'bundler',
      esModuleInterop: true,
      skipLibCheck: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules', '@types')],
      paths: { kafkajs: [kafkajs] },
    }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['corpus.ts'] }))
    const { stdout } = await run(join(root, 'node_modules', 'typescript', 'bin', 'tsc'), ['-p', folder]).catch(
      error => error,
    )
    return stdout
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test(
  'what programs do with kafkajs’s types compiles against ours',
  async () => {
    expect(await complaints(join(root, 'adapters', 'kafkajs', 'index.ts'))).toBe('')
  },
  patience,
)

describe('beside kafkajs', unless(noKafkajs), () => {
  test(
    'it compiles against kafkajs’s own',
    async () => {
      expect(await complaints(join(root, 'bench', 'node_modules', 'kafkajs', 'types', 'index.d.ts'))).toBe('')
    },
    patience,
  )
})
