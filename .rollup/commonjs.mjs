// @ts-check
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { jsrPackage } from './jsr.mjs'

// What the build makes besides for those who `require`: the same code as CommonJS, and the package that takes the place of kafkajs.

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const require = createRequire(resolve('package.json'))

/** @param {string} path @param {unknown} content */
const json = (path, content) => writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`)

/** What ES modules are told: the same, under a name that says what they are. */
function declarations() {
  mkdirSync('dist/types', { recursive: true })
  for (const name of readdirSync('dist/cjs/types')) {
    if (!name.endsWith('.d.cts')) continue
    const path = `../cjs/types/${name.replace('.d.cts', '.cjs')}`
    const all = `export * from '${path}'\n`
    // As an `export default` of the whole, which kafkajs, being CommonJS, has for those who import it.
    const whole = `declare const all: typeof import('${path}')\nexport default all\n`
    writeFileSync(`dist/types/${name.replace('.d.cts', '.d.ts')}`, name.startsWith('kafkajs') ? all + whole : all)
  }
}

/** The names that `require` gives, as an ES module needs them: one by one. @param {string} from */
function wrapper(from) {
  const names = Object.keys(require(resolve('dist/cjs/kafkajs.cjs')))
  return `import kafkajs from '${from}'\n\nexport default kafkajs\nexport const {\n${names.map(name => `  ${name},\n`).join('')}} = kafkajs\n`
}

/**
 * The package to install as kafkajs: by name its dependents find it, and by its version instrumentations do. All of it
 * is in ours.
 */
function kafkajsPackage() {
  const folder = 'build/kafkajs-package'
  mkdirSync(folder, { recursive: true })
  const { license, engines, version } = manifest
  json(`${folder}/package.json`, {
    name: '@isokafka/kafkajs',
    version: '2.3.0',
    description: 'isokafka under the name and with the interface of kafkajs',
    keywords: ['kafka', 'kafkajs', 'client'],
    license,
    type: 'commonjs',
    engines,
    main: './index.js',
    types: './index.d.ts',
    exports: {
      '.': {
        import: { types: './index.d.mts', default: './index.mjs' },
        default: { types: './index.d.ts', default: './index.js' },
      },
      './package.json': './package.json',
    },
    files: ['index.*'],
    dependencies: { isokafka: `^${version}` },
  })
  const types = "export * from 'isokafka/kafkajs'\n"
  writeFileSync(`${folder}/index.d.ts`, types)
  writeFileSync(`${folder}/index.d.mts`, `${types}export { default } from 'isokafka/kafkajs'\n`)
  writeFileSync(`${folder}/index.js`, "module.exports = require('isokafka/kafkajs')\n")
  writeFileSync(`${folder}/index.mjs`, wrapper('./index.js'))
  copyFileSync('LICENSE', `${folder}/LICENSE`)
  writeFileSync(
    `${folder}/README.md`,
    `# @isokafka/kafkajs

isokafka with the interface of kafkajs, for programs and packages that ask for kafkajs by name:

\`\`\`sh
npm install kafkajs@npm:@isokafka/kafkajs
\`\`\`

All of it is in isokafka, which this package brings along; code of your own may import \`isokafka/kafkajs\`.
`,
  )
}

/** @type {import('rollup').Plugin} */
const packages = {
  name: 'packages',
  writeBundle() {
    declarations()
    // In Node one copy serves those who import and those who require: errors and codecs are then the same for both.
    writeFileSync('dist/kafkajs-node.js', wrapper('./cjs/kafkajs.cjs'))
    kafkajsPackage()
    jsrPackage()
  },
}

/**
 * The configuration of the CommonJS build, made of that of the other.
 * @param {import('rollup').RollupOptions & { input: Record<string, string>, plugins: import('rollup').Plugin[], output: import('rollup').OutputOptions }} esm
 * @returns {import('rollup').RollupOptions}
 */
export function commonjs(esm) {
  const input = Object.fromEntries(Object.entries(esm.input).filter(([name]) => name !== 'cli'))
  // As kafkajs is: what is required has names and no `default`.
  input.kafkajs = 'build/adapters/kafkajs/exports.js'
  return {
    ...esm,
    input,
    plugins: [...esm.plugins, packages],
    output: {
      dir: 'dist/cjs',
      format: 'cjs',
      exports: 'named',
      generatedCode: 'es2015',
      dynamicImportInCjs: false,
      entryFileNames: '[name].cjs',
      chunkFileNames: 'chunks/[name].cjs',
      manualChunks: esm.output.manualChunks,
      onlyExplicitManualChunks: true,
      experimentalMinChunkSize: 10_000,
      hoistTransitiveImports: false,
    },
  }
}
