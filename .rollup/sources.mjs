// @ts-check
// What the build does to code: what a module makes as it loads is marked as something that nobody misses who does not use it, so that
// bundlers drop it from a file of many modules; and comments stay in the repository, docstrings in the declarations.
import { parseSync } from 'oxc-parser'

/** @typedef {{ type: string, start: number, end: number, [name: string]: any }} Node */

const mark = '/* @__PURE__ */ '
const marked = /\/\*\s*[#@]__PURE__\s*\*\/\s*$/

/**
 * Whether an expression may do something, as bundlers see it: they know of no call, no property and no operator that it does
 * nothing. `onCall` is told of calls that are not marked, which then count as if they were.
 * @param {Node | null} node @param {string} code @param {(call: Node) => void} [onCall] @returns {boolean}
 */
function mayAct(node, code, onCall) {
  if (node === null) return false
  const all = (/** @type {(Node | null)[]} */ nodes) => nodes.map(each => mayAct(each, code, onCall)).includes(true)
  switch (node.type) {
    case 'Literal':
    case 'Identifier':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return false
    case 'TemplateLiteral':
      return node['expressions'].length > 0
    case 'UnaryExpression':
      return mayAct(node['argument'], code, onCall)
    case 'BinaryExpression':
      return node['left'].operator !== 'typeof'
    case 'ConditionalExpression':
      return all([node['test'], node['consequent'], node['alternate']])
    case 'MemberExpression':
      return node['object'].name !== 'Number'
    case 'ArrayExpression':
      return all(node['elements'])
    case 'ObjectExpression':
      return all(node['properties'])
    case 'Property':
      return node['computed'] || mayAct(node['value'], code, onCall)
    case 'CallExpression':
    case 'NewExpression': {
      const isMarked = marked.test(code.slice(0, node.start))
      if (!isMarked) onCall?.(node)
      const acts = all(node['arguments']) || node['callee'].type !== 'Identifier'
      return acts || (!isMarked && onCall === undefined)
    }
    default:
      return true
  }
}

/** A sum of numbers, which is smaller than the call that it would be. @param {Node} node @returns {boolean} */
function isSum({ type, left, right }) {
  const isNumber = (/** @type {Node} */ each) => each.type === 'Literal' || each.type === 'Identifier' || isSum(each)
  return type === 'BinaryExpression' && isNumber(left) && isNumber(right)
}

/** The text of an initial value, marked. @param {Node} value @param {string} code */
function marking(value, code) {
  /** @type {number[]} */
  const calls = []
  const acts = mayAct(value, code, ({ start }) => calls.push(start))
  let text = code.slice(value.start, value.end)
  if (acts) return `${mark}(() => ${value.type === 'ObjectExpression' ? `(${text})` : text})()`
  for (const at of calls.sort((a, b) => b - a))
    text = text.slice(0, at - value.start) + mark + text.slice(at - value.start)
  return text
}

/** Whether a class does anything but say what it is. @param {Node} declared @returns {boolean} */
function actsAtOnce(declared) {
  return declared['body'].body.some(
    (/** @type {Node} */ each) =>
      each.type === 'StaticBlock' ||
      (each.type === 'PropertyDefinition' && each['static'] && each['value']?.type !== 'Literal'),
  )
}

/** @type {import('rollup').Plugin} */
export const unused = {
  name: 'unused',
  transform(code) {
    const { program } = parseSync('module.js', code)
    let text = code
    /** @param {Node} part @param {string} by */
    const replace = ({ start, end }, by) => {
      text = text.slice(0, start) + by + text.slice(end)
    }
    // From the end on: what is before stays in its place.
    for (const statement of [...program.body].reverse()) {
      const { type, declaration } = /** @type {Node} */ (statement)
      const declared = /** @type {Node} */ (type === 'ExportNamedDeclaration' && declaration ? declaration : statement)
      if (declared.type === 'ClassDeclaration' && actsAtOnce(declared)) {
        replace(declared, `const ${declared['id'].name} = ${mark}(() => ${code.slice(declared.start, declared.end)})()`)
      }
      if (declared.type !== 'VariableDeclaration') continue
      for (const { init } of [...declared['declarations']].reverse()) {
        if (mayAct(init, code) && !isSum(init)) replace(init, marking(init, code))
      }
    }
    return { code: text, map: null }
  },
}

/** Where texts of several lines are, whose lines stay as they are. @param {Node} node @param {[start: number, end: number][]} found */
function templatesIn(node, found) {
  for (const value of Object.values(node)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (typeof each?.type !== 'string') continue
      if (each.type === 'TemplateLiteral') found.push([each.start, each.end])
      templatesIn(each, found)
    }
  }
  return found
}

/** @type {import('rollup').Plugin} */
export const plain = {
  name: 'plain',
  renderChunk(code) {
    const { comments } = parseSync('chunk.js', code)
    let bare = code
    for (const { start, end, value } of [...comments].reverse()) {
      if (value.includes('__PURE__') || code.startsWith('#!', start)) continue
      // With its line, where it has that for itself.
      const from = bare.lastIndexOf('\n', start - 1) + 1
      const to = bare.indexOf('\n', end)
      const alone = to >= 0 && bare.slice(from, start).trim() === '' && bare.slice(end, to).trim() === ''
      bare = alone ? bare.slice(0, from) + bare.slice(to + 1) : bare.slice(0, start).trimEnd() + bare.slice(end)
    }
    // The compiler indents by four.
    const templates = templatesIn(/** @type {any} */ (parseSync('chunk.js', bare).program), [])
    const indented = bare.replaceAll(/^(?: {4})+/gm, (spaces, at) =>
      templates.some(([start, end]) => start < at && at < end) ? spaces : ' '.repeat(spaces.length / 2),
    )
    return { code: indented, map: null }
  },
}
