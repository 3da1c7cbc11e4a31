import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Mutant } from './list.ts'

const root = join(import.meta.dirname, '../../..')
/** All that a world is made of. */
const parts = ['package.json', 'src', 'adapters', 'test/simulation', 'test/support']

/** A copy of the tree with the fault in it; `dispose` removes it. Throws where the fault no longer fits the code. */
export function mutated({ name, file, from, to }: Mutant): { dir: string; dispose: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'mutant-'))
  for (const part of parts) cpSync(join(root, part), join(dir, part), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
  const path = join(dir, file)
  const text = readFileSync(path, 'utf8')
  if (text.split(from).length !== 2) throw new Error(`${name}: ${file} has not this one place any more: ${from}`)
  writeFileSync(
    path,
    text.replace(from, () => to),
  )
  return { dir, dispose: () => rmSync(dir, { recursive: true, force: true }) }
}
