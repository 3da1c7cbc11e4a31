// @ts-check
// What of the public API has no docstring.
import { ReflectionKind as Kind } from 'typedoc'

/** @typedef {import('typedoc').Reflection} Reflection */

const exported = Kind.Enum | Kind.Variable | Kind.Function | Kind.Class | Kind.Interface | Kind.TypeAlias
const members = Kind.EnumMember | Kind.Property | Kind.Method | Kind.Accessor

/**
 * A line for each thing that has to say what it is and does not. Left out are the fields of wire schemas, which have the
 * names of Kafka's own definitions; what types spell out in place (a parameter's `{ rack: string }`) or on one line, for its
 * owner's docstring to tell; and the `name` of an error, which is its class's.
 * @param {import('typedoc').ProjectReflection} project
 */
export function undocumented(project) {
  /** @type {Map<string, boolean>} by where it is written: several entries export the same */
  const found = new Map()
  for (const reflection of project.getReflectionsByKind(exported | members)) {
    const source = 'sources' in reflection ? /** @type {any} */ (reflection).sources?.[0] : undefined
    if (source === undefined || !isAsked(reflection, source.fileName)) continue
    const place = `${source.fileName}:${source.line} ${reflection.getFullName()}`
    found.set(place, (found.get(place) ?? false) || saysWhatItIs(reflection))
  }
  return [...found].filter(([, says]) => !says).map(([place]) => place)
}

/** @param {Reflection} reflection @param {string} file */
function isAsked(reflection, file) {
  const { parent } = reflection
  if (parent?.kindOf(Kind.TypeLiteral)) {
    if (file.includes('src/protocol/') && parent.parent?.kindOf(Kind.Variable)) return false
    const owner = parent.parent
    if (!owner?.kindOf(Kind.TypeAlias | Kind.Variable)) return false
    return ofItsOwn(owner) && lineOf(owner) !== lineOf(reflection)
  }
  if (parent?.kindOf(Kind.TypeAlias) && lineOf(parent) === lineOf(reflection)) return false
  return !(reflection.name === 'name' && parent?.kindOf(Kind.Class) && isError(parent))
}

/** Whether what a type or a constant consists of is written in its place alone, not one of several. @param {Reflection} owner */
function ofItsOwn(owner) {
  const { type } = /** @type {import('typedoc').DeclarationReflection} */ (owner)
  return type?.type === 'reflection' || type?.type === 'intersection'
}

/** @param {Reflection} reflection */
function lineOf(reflection) {
  return /** @type {import('typedoc').DeclarationReflection} */ (reflection).sources?.[0]?.line
}

/** @param {Reflection} type */
function isError(type) {
  return type.name.startsWith('KafkaJS') || type.name.endsWith('Error') || type.name.endsWith('Errors')
}

/** @param {Reflection} reflection */
function saysWhatItIs(reflection) {
  const { signatures, getSignature, setSignature, type } = /** @type {import('typedoc').DeclarationReflection} */ (
    reflection
  )
  const called = type?.type === 'reflection' ? type.declaration.signatures : undefined
  const ways = [reflection, getSignature, setSignature, ...(signatures ?? []), ...(called ?? [])]
  return ways.some(way => way?.hasComment())
}
