import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { foldersOf, importProblems } from './imports.mjs'

const rules = { folders: ['base', 'bytes', 'transport', 'writer'], dependencies: ['fflate'] }
const problems = (files: Record<string, string>) => importProblems(new Map(Object.entries(files)), rules)

describe('the rules on imports', () => {
  test('accept what the table allows', () => {
    const files = {
      'src/base/errors.ts': '',
      'src/base/clock.ts': "import { E } from './errors.ts'",
      'src/transport/pool.ts':
        "import { adapter } from '#adapter'\nimport { E } from '../base/errors.ts'\nexport * from '../base/clock.ts'",
      'src/writer/writer.ts': "import { gzipSync } from 'fflate'\nimport type { P } from '../transport/pool.ts'",
      'src/index.ts': "export { W } from './writer/writer.ts'",
      'adapters/node/index.ts': "import net from 'node:net'\nimport { E } from '../../src/base/errors.ts'",
      'adapters/cli/demo.ts': "import { a } from '../node/index.ts'",
      'adapters/shared/a.ts': '',
      'adapters/cloudflare/dial.ts': "import { connect } from 'cloudflare:sockets'\nimport '../shared/a.ts'",
    }
    expect(problems(files)).toEqual([])
  })

  test.each([
    ['a lower folder', 'src/base/a.ts', "import '../writer/w.ts'", 'src/writer stands below src/base'],
    [
      'a lower folder, for a type',
      'src/base/a.ts',
      "import type { W } from '../writer/w.ts'",
      'src/writer stands below src/base',
    ],
    [
      'a lower folder, re-exported',
      'src/base/a.ts',
      "export * from '../writer/w.ts'",
      'src/writer stands below src/base',
    ],
    [
      'a lower folder, later',
      'src/base/a.ts',
      "const f = () => import('../writer/w.ts')",
      'src/writer stands below src/base',
    ],
    ['a runtime', 'src/writer/a.ts', "import fs from 'node:fs'", 'src knows no runtime'],
    ['a package nobody declared', 'adapters/node/index.ts', "import 'ws'", 'not a dependency'],
    ['the adapter elsewhere than in transport', 'src/writer/a.ts', "import '#adapter'", 'only src/transport'],
    [
      'an adapter from src',
      'src/transport/a.ts',
      "import '../../adapters/x/index.ts'",
      'src may not know its adapters',
    ],
    ['an adapter from another', 'adapters/y/index.ts', "import '../x/index.ts'", 'an adapter may not know another'],
    [
      "a Worker's sockets elsewhere",
      'adapters/node/index.ts',
      "import 'cloudflare:sockets'",
      'only adapters/cloudflare may',
    ],
    ['a file without its extension', 'src/writer/a.ts', "import './w'", 'no such file'],
    ['from a folder not in the table', 'src/extra/a.ts', "import '../writer/w.ts'", 'src/extra is not in the table'],
  ])('refuse %s', (_what, path, text, reason) => {
    const found = problems({ 'src/writer/w.ts': '', 'adapters/x/index.ts': '', [path]: text })
    expect(found).toEqual([expect.stringContaining(reason)])
    expect(found[0]).toContain(path)
  })

  const cycle = {
    'src/base/a.ts': "import './b.ts'",
    'src/base/b.ts': "import './c.ts'",
    'src/base/c.ts': "import './a.ts'",
  }
  const told = 'a cycle: src/base/a.ts -> src/base/b.ts -> src/base/c.ts -> src/base/a.ts'

  test.each([
    ['of code', "import { a } from './a.ts'"],
    ['closed by a type', "import type { A } from './a.ts'"],
    ['closed by a type that is re-exported', "export type { A } from './a.ts'"],
    ['closed by a module that is loaded later', "const a = () => import('./a.ts')"],
    ['closed by a type that is named where it is used', "let a: import('./a.ts').A"],
  ])('refuse a cycle %s', (_what, text) => {
    expect(problems({ ...cycle, 'src/base/c.ts': text })).toEqual([told])
  })

  test('accept two ways to the same file', () => {
    expect(problems({ ...cycle, 'src/base/a.ts': "import './b.ts'\nimport './c.ts'", 'src/base/c.ts': '' })).toEqual([])
  })

  test('tell of the shortest cycle in a knot, and of two knots each by itself', () => {
    const knot = { ...cycle, 'src/base/b.ts': "import './c.ts'\nimport './a.ts'" }
    expect(problems(knot)).toEqual(['a cycle: src/base/a.ts -> src/base/b.ts -> src/base/a.ts, and 1 files more'])
    const other = { 'src/bytes/x.ts': "import './y.ts'", 'src/bytes/y.ts': "import './x.ts'" }
    expect(problems({ ...cycle, ...other })).toEqual([
      told,
      'a cycle: src/bytes/x.ts -> src/bytes/y.ts -> src/bytes/x.ts',
    ])
  })

  test('read the order of the folders from docs/design.md', () => {
    const folders = foldersOf(readFileSync('docs/design.md', 'utf8'))
    expect(folders[0]).toBe('base')
    expect(folders.indexOf('writer')).toBeGreaterThan(folders.indexOf('transport'))
  })
})
