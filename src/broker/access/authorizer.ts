import type { Turns } from '../turns.ts'
import { type Acl, type AclFilter, covers, everyone, keyOf, matches, wildcard } from './acl.ts'
import { PatternType, PermissionType } from './operations.ts'

/** The rules about one pattern of names, by whom they are about. */
type Rules = Map<string, Set<Acl>>

/** The rules about one type of resource. */
interface TypeRules {
  readonly literal: Map<string, Rules>
  readonly prefixed: Map<string, Rules>
  /** How many prefixes there are of each length. */
  readonly lengths: Map<number, number>
}

/** Who asks. */
export interface Asker {
  readonly principal: string
  readonly host: string
}

// Rules looked at, and prefixes tried, that take as long as a unit of a turn.
const rulesPerUnit = 50
// What an answer takes besides.
const unitsPerAnswer = 0.2

/** Says who may do what, by rules as Kafka has them: what a rule denies no other allows. */
export class Authorizer {
  readonly #superUsers: ReadonlySet<string>
  /** Of what no rule is about. */
  readonly #allowsRest: () => boolean
  readonly #turns: Turns
  readonly #all = new Map<string, Acl>()
  readonly #types = new Map<number, TypeRules>()

  constructor(superUsers: Iterable<string>, allowsRest: () => boolean, turns: Turns) {
    this.#superUsers = new Set(superUsers)
    this.#allowsRest = allowsRest
    this.#turns = turns
  }

  get count(): number {
    return this.#all.size
  }

  get acls(): Iterable<Acl> {
    return this.#all.values()
  }

  has(acl: Acl): boolean {
    return this.#all.has(keyOf(acl))
  }

  add(acl: Acl): void {
    const key = keyOf(acl)
    if (this.#all.has(key)) return
    this.#all.set(key, acl)
    const { resourceType, resourceName, patternType, principal } = acl
    const type = this.#types.get(resourceType) ?? { literal: new Map(), prefixed: new Map(), lengths: new Map() }
    this.#types.set(resourceType, type)
    const names = patternType === PatternType.prefixed ? type.prefixed : type.literal
    if (patternType === PatternType.prefixed && !names.has(resourceName))
      type.lengths.set(resourceName.length, (type.lengths.get(resourceName.length) ?? 0) + 1)
    const rules: Rules = names.get(resourceName) ?? new Map()
    names.set(resourceName, rules)
    const own = rules.get(principal) ?? new Set<Acl>()
    rules.set(principal, own.add(acl))
  }

  remove(acl: Acl): void {
    if (!this.#all.delete(keyOf(acl))) return
    const { resourceType, resourceName, patternType, principal } = acl
    const type = this.#types.get(resourceType)!
    const names = patternType === PatternType.prefixed ? type.prefixed : type.literal
    const rules = names.get(resourceName)!
    const own = rules.get(principal)!
    own.delete(acl)
    if (own.size > 0) return
    rules.delete(principal)
    if (rules.size > 0) return
    names.delete(resourceName)
    if (patternType !== PatternType.prefixed) return
    const left = type.lengths.get(resourceName.length)! - 1
    if (left > 0) type.lengths.set(resourceName.length, left)
    else type.lengths.delete(resourceName.length)
  }

  /** The rules that a filter means. */
  found(filter: AclFilter): Acl[] {
    const candidates = this.#candidates(filter)
    const found: Acl[] = []
    for (const acl of candidates) {
      this.#turns.spend(1 / rulesPerUnit)
      if (matches(filter, acl)) found.push(acl)
    }
    return found
  }

  /** Those that can be meant by what the filter says of names. */
  *#candidates({ resourceNameFilter: name, patternTypeFilter }: AclFilter): Iterable<Acl> {
    if (name === null) return yield* this.#all.values()
    for (const type of this.#types.values()) {
      const patterns =
        patternTypeFilter === PatternType.match ? about(type, name) : [type.literal.get(name), type.prefixed.get(name)]
      for (const rules of patterns) for (const own of rules?.values() ?? []) yield* own
    }
  }

  allows(asker: Asker, operation: number, resourceType: number, name: string): boolean {
    if (this.#superUsers.has(asker.principal)) return true
    const type = this.#types.get(resourceType)
    if (type === undefined) return this.#allowsRest()
    let isAllowed = false
    let isKnown = false
    for (const rules of about(type, name)) {
      isKnown = true
      for (const acl of this.#rulesFor(asker, rules)) {
        if (!covers(acl, operation)) continue
        if (acl.permissionType === PermissionType.deny) return false
        isAllowed = true
      }
    }
    this.#turns.spend(unitsPerAnswer + type.lengths.size / rulesPerUnit)
    return isAllowed || (!isKnown && this.#allowsRest())
  }

  /** Whether there can be a resource of the type of which it is allowed. */
  allowsSome(asker: Asker, operation: number, resourceType: number): boolean {
    if (this.#superUsers.has(asker.principal)) return true
    const type = this.#types.get(resourceType)
    if (type === undefined) return this.#allowsRest()
    const allowed: Acl[] = []
    const denied: Acl[] = []
    for (const names of [type.literal, type.prefixed])
      for (const rules of names.values())
        for (const acl of this.#rulesFor(asker, rules)) {
          if (!covers(acl, operation)) continue
          if (acl.permissionType === PermissionType.allow) allowed.push(acl)
          else denied.push(acl)
        }
    const prefixes = denied.filter(({ patternType }) => patternType === PatternType.prefixed)
    const literals = new Set(denied.filter(acl => !prefixes.includes(acl)).map(({ resourceName }) => resourceName))
    if (literals.has(wildcard)) return false
    this.#turns.spend((allowed.length * prefixes.length) / rulesPerUnit)
    const isLeft = ({ patternType, resourceName }: Acl): boolean =>
      !prefixes.some(each => resourceName.startsWith(each.resourceName)) &&
      (patternType === PatternType.prefixed || resourceName === wildcard || !literals.has(resourceName))
    return allowed.some(isLeft) || (allowed.length === 0 && this.#allowsRest())
  }

  *#rulesFor({ principal, host }: Asker, rules: Rules): Iterable<Acl> {
    for (const whom of [principal, everyone]) {
      const own = rules.get(whom)
      if (own === undefined) continue
      this.#turns.spend(own.size / rulesPerUnit)
      for (const acl of own) if (acl.host === wildcard || acl.host === host) yield acl
    }
  }
}

/** The rules about a resource of that name, pattern by pattern. */
function* about({ literal, prefixed, lengths }: TypeRules, name: string): Iterable<Rules> {
  const own = literal.get(name)
  if (own !== undefined) yield own
  const all = name === wildcard ? undefined : literal.get(wildcard)
  if (all !== undefined) yield all
  for (const length of lengths.keys()) {
    const rules = length <= name.length ? prefixed.get(name.slice(0, length)) : undefined
    if (rules !== undefined) yield rules
  }
}
