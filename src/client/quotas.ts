import { oneOf, type SettingKinds } from '../base/settings.ts'
import type { CallOptions } from '../base/signals.ts'
import { AlterClientQuotas } from '../protocol/alter-client-quotas.ts'
import { DescribeClientQuotas } from '../protocol/describe-client-quotas.ts'
import type { KafkaError } from '../protocol/errors.ts'
import type { CallsOf, Options } from './call.ts'
import type { Addressed, Caller } from './caller.ts'
import { type OrName, QuotaMatch } from './constants.ts'
import { errorAbout } from './error-about.ts'
import { itemsOf } from './nested.ts'

/** Limits on what users, client ids and addresses may do (KIP-546). */
export interface QuotaCalls {
  /** Sets and removes quotas. */
  alterClientQuotas(request: AlterClientQuotasRequest, ...options: Options): Promise<AlterClientQuotasResponse>
  /** The quotas that a filter matches. */
  describeClientQuotas(
    request?: DescribeClientQuotasRequest,
    ...options: Options
  ): Promise<DescribeClientQuotasResponse>
}

/** What `alterClientQuotas` of a Client is asked. */
export interface AlterClientQuotasRequest extends Addressed {
  /** The changes, one for each of those who are limited. */
  entries: readonly AlterClientQuotaEntry[]
  /** True: check only, change nothing. */
  validateOnly?: boolean
}

/** Changes of one's quotas. */
export interface AlterClientQuotaEntry {
  /** Whom it limits: a user, a client id, or a user's client id. */
  entities: readonly AlterClientQuotaEntity[]
  /** The changes. */
  ops: readonly AlterClientQuotaOps[]
}

const entryFields: SettingKinds<AlterClientQuotaEntry> = { entities: 'list!', ops: 'list!' }

/** A part of whom a quota limits. */
export interface AlterClientQuotaEntity {
  /** 'user', 'client-id' or 'ip'. */
  entityType: string
  /** null, or left out: those that have no quotas of their own. */
  entityName?: string | null
}

const entityFields: SettingKinds<AlterClientQuotaEntity> = { entityType: 'string!', entityName: 'any' }

/** The change of one quota. */
export interface AlterClientQuotaOps {
  /** As 'producer_byte_rate'. */
  key: string
  /** Not looked at when it is removed. */
  value?: number
  /** True: there is to be none. Default false. */
  remove?: boolean
}

const opFields: SettingKinds<AlterClientQuotaOps> = { key: 'string!', value: 'number', remove: 'boolean' }

/** What `alterClientQuotas` of a Client answers. */
export interface AlterClientQuotasResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What came of each change. */
  entries: AlterClientQuotaResponseQuotas[]
}

/** What came of the changes of one's quotas. */
export interface AlterClientQuotaResponseQuotas {
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** Whom they limit. */
  entities: DescribeClientQuotasEntity[]
}

/** What `describeClientQuotas` of a Client is asked. */
export interface DescribeClientQuotasRequest extends Addressed {
  /** All of these have to match. Default: all quotas there are. */
  components?: readonly DescribeClientQuotasRequestComponent[]
  /** Nothing that has other kinds of entities besides. */
  strict?: boolean
}

/** A part of whom a quota must limit to be told of. */
export interface DescribeClientQuotasRequestComponent {
  /** 'user', 'client-id' or 'ip'. */
  entityType: string
  /** Default: exact if there is a name, else any. */
  matchType?: OrName<typeof QuotaMatch>
  /** The name to match, where the match is to be exact. Default null. */
  match?: string | null
}

const componentFields: SettingKinds<DescribeClientQuotasRequestComponent> = {
  entityType: 'string!',
  matchType: 'any',
  match: 'any',
}

/** What `describeClientQuotas` of a Client answers. */
export interface DescribeClientQuotasResponse {
  /** Milliseconds the broker held the request back for. */
  throttle: number
  /** What went wrong; null for nothing. */
  error: KafkaError | null
  /** Quotas that there are. */
  entries: DescribeClientQuotasResponseQuotas[]
}

/** Someone's quotas. */
export interface DescribeClientQuotasResponseQuotas {
  /** Whom they limit. */
  entities: DescribeClientQuotasEntity[]
  /** The quotas. */
  values: DescribeClientQuotasValue[]
}

/** A part of whom a quota limits. */
export interface DescribeClientQuotasEntity {
  /** 'user', 'client-id' or 'ip'. */
  entityType: string
  /** null: those that have no quotas of their own. */
  entityName: string | null
}

/** One quota. */
export interface DescribeClientQuotasValue {
  /** As 'producer_byte_rate'. */
  key: string
  /** In what the quota counts: bytes a second for rates of bytes. */
  value: number
}

export const quotaCalls: CallsOf<QuotaCalls> = {
  alterClientQuotas: { fields: { addr: 'any', entries: 'list!', validateOnly: 'boolean' }, run: alterClientQuotas },
  describeClientQuotas: { fields: { addr: 'any', components: 'list', strict: 'boolean' }, run: describeClientQuotas },
}

async function alterClientQuotas(
  caller: Caller,
  request: AlterClientQuotasRequest,
  options: CallOptions,
): Promise<AlterClientQuotasResponse> {
  const entries = itemsOf('an entry of alterClientQuotas()', request.entries, entryFields).map(({ entities, ops }) => ({
    entity: itemsOf('an entity of a quota', entities, entityFields).map(({ entityType, entityName }) => ({
      entityType,
      entityName: textOrNull(entityName),
    })),
    ops: itemsOf('an operation on a quota', ops, opFields).map(({ key, value = 0, remove = false }) => ({
      key,
      value,
      remove,
    })),
  }))
  const wire = { entries, validateOnly: request.validateOnly ?? false }
  const response = await caller.send(request, AlterClientQuotas, wire, options)
  return {
    throttle: response.throttleTimeMs,
    entries: response.entries.map(({ entity, errorCode, errorMessage }) => ({
      error: errorAbout(`the quotas of ${inWords(entity)}`, errorCode, errorMessage),
      entities: entity,
    })),
  }
}

async function describeClientQuotas(
  caller: Caller,
  request: DescribeClientQuotasRequest,
  options: CallOptions,
): Promise<DescribeClientQuotasResponse> {
  const of = 'a component of describeClientQuotas()'
  const components = itemsOf(of, request.components ?? [], componentFields).map(component => {
    const match = textOrNull(component.match)
    const { matchType = match === null ? QuotaMatch.Any : QuotaMatch.Exact } = component
    return { entityType: component.entityType, matchType: oneOf('matchType', matchType, QuotaMatch), match }
  })
  const wire = { components, strict: request.strict ?? false }
  const response = await caller.send(request, DescribeClientQuotas, wire, options)
  return {
    throttle: response.throttleTimeMs,
    error: errorAbout('quotas', response.errorCode, response.errorMessage),
    entries: (response.entries ?? []).map(({ entity, values }) => ({ entities: entity, values })),
  }
}

/** As kafka-go has it, where an empty name is none. */
function textOrNull(text: string | null | undefined): string | null {
  return text ? String(text) : null
}

function inWords(entities: readonly DescribeClientQuotasEntity[]): string {
  return entities.map(({ entityType, entityName }) => `${entityType} ${entityName ?? '<default>'}`).join(', ')
}
