// @ts-check
// `npm run docs:api`: the pages of the API, made of the docstrings, into build/api. Whatever typedoc warns of is an error,
// and so is what is public and has no docstring.
import { readFileSync } from 'node:fs'
import { register } from 'node:module'

register('./typescript.mjs', import.meta.url)
const { Application, TSConfigReader } = await import('typedoc')
const { undocumented } = await import('./undocumented.mjs')

/** As package.json's exports name them. */
const entries = {
  isokafka: 'src/index.ts',
  'isokafka/protocol': 'src/protocol/index.ts',
  'isokafka/schema': 'src/schema/index.ts',
  'isokafka/broker': 'src/broker/index.ts',
  'isokafka/memory': 'adapters/memory/index.ts',
  'isokafka/listen': 'adapters/broker/index.ts',
  'isokafka/node': 'adapters/node/index.ts',
  'isokafka/deno': 'adapters/deno/index.ts',
  'isokafka/bun': 'adapters/bun/index.ts',
  'isokafka/cloudflare': 'adapters/cloudflare/index.ts',
  'isokafka/websocket': 'adapters/websocket/index.ts',
  'isokafka/bridge': 'adapters/bridge/index.ts',
  'isokafka/bridge/fetch': 'adapters/bridge/fetch.ts',
  'isokafka/kafkajs': 'adapters/kafkajs/index.ts',
}

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))
for (const path of Object.keys(exports).filter(path => path !== './package.json'))
  if (!(path.replace('.', 'isokafka') in entries)) throw new Error(`docs/api/generate.mjs has no entry for ${path}`)

const application = await Application.bootstrap(
  {
    name: 'isokafka',
    entryPoints: Object.values(entries),
    tsconfig: 'tsconfig.build.json',
    out: 'build/api',
    readme: 'docs/api/README.md',
    includeVersion: true,
    excludePrivate: true,
    excludeProtected: true,
    excludeInternal: true,
    excludeExternals: true,
    treatWarningsAsErrors: true,
    validation: { notExported: false, invalidLink: true, rewrittenLink: true, notDocumented: false },
  },
  [new TSConfigReader()],
)
const project = await application.convert()
if (project === undefined) process.exit(1)
for (const [name, path] of Object.entries(entries)) {
  const module = project.children?.find(({ sources }) => sources?.[0]?.fileName.endsWith(path))
  if (module === undefined) throw new Error(`no module for ${name}`)
  module.name = name
}
const missing = undocumented(project)
for (const line of missing) application.logger.error(`no docstring: ${line}`)
application.validate(project)
await application.generateOutputs(project)
process.exit(application.logger.hasErrors() || application.logger.hasWarnings() ? 1 : 0)
