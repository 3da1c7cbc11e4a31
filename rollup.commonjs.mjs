// @ts-check
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

// What the build makes besides for those who `require`: the same code as CommonJS, and the package that takes the place of kafkajs.

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const require = createRequire(resolve('package.json'))

/** @param {string} path @param {unknown} content */
const json = (path, content) => writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`)

/**
 * Makes dist/cjs a package of its own: its files are CommonJS, its declarations too, and what `#adapter` means there is
 * what it means in ours.
 */
function cjsPackage() {
  const imports = Object.fromEntries(
    Object.entries(manifest.imports).map(([name, { types: _types, 'isokafka-source': _source, ...targets }]) => [
      name,
      Object.fromEntries(
        Object.entries(targets).map(([condition, path]) => [condition, path.replace('./dist/', './')]),
      ),
    ]),
  )
  json('dist/cjs/package.json', { type: 'commonjs', sideEffects: false, imports })
  cpSync('dist/types', 'dist/cjs/types', { recursive: true })
}

/** The names that `require` gives, as an ES module needs them: one by one. @param {string} from */
function wrapper(from) {
  const names = Object.keys(require(resolve('dist/cjs/kafkajs.js'))).filter(
    name => name !== 'default' && name !== '__esModule',
  )
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
  const types = "export * from 'isokafka/kafkajs'\nexport { default } from 'isokafka/kafkajs'\n"
  writeFileSync(`${folder}/index.d.ts`, types)
  writeFileSync(`${folder}/index.d.mts`, types)
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
    cjsPackage()
    // In Node one copy serves those who import and those who require: errors and codecs are then the same for both.
    writeFileSync('dist/kafkajs-node.js', wrapper('./cjs/kafkajs.js'))
    kafkajsPackage()
  },
}

/**
 * The configuration of the CommonJS build, made of that of the other.
 * @param {import('rollup').RollupOptions & { input: Record<string, string>, plugins: import('rollup').Plugin[] }} esm
 * @returns {import('rollup').RollupOptions}
 */
export function commonjs(esm) {
  const input = Object.fromEntries(Object.entries(esm.input).filter(([name]) => name !== 'cli'))
  return {
    ...esm,
    input,
    plugins: [...esm.plugins.map(plugin => ({ ...plugin, writeBundle: undefined })), packages],
    output: {
      dir: 'dist/cjs',
      format: 'cjs',
      exports: 'named',
      generatedCode: 'es2015',
      dynamicImportInCjs: false,
      chunkFileNames: 'chunks/[name].js',
      hoistTransitiveImports: false,
    },
  }
}
