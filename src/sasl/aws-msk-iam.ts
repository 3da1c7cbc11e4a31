import type { Clock } from '../base/clock.ts'
import { AuthenticationError, ConfigError, kindOf } from '../base/errors.ts'
import { given, type SettingKinds } from '../base/settings.ts'
import { packageVersion } from '../base/version.ts'
import { utf8 } from '../bytes/utf8.ts'
import { cryptoOf, toHex } from './crypto.ts'
import type { Mechanism } from './mechanism.ts'

/** An access key of AWS's. */
export interface AwsCredentials {
  /** Its id. */
  accessKeyId: string
  /** Its secret. */
  secretAccessKey: string
  /** Of those that are good for a while: roles, instances, containers. */
  sessionToken?: string
}

/** How to log in at MSK. */
export interface AwsMskIamOptions {
  /** The region of the cluster, as 'eu-central-1'. */
  region: string
  /** Or what gets them, asked for at each authentication: any credential provider of the AWS SDK fits. */
  credentials: AwsCredentials | (() => AwsCredentials | Promise<AwsCredentials>)
  /** How long the broker may take the signature for good, in milliseconds; 300,000. */
  expiry?: number
  /** Shows in the broker's log; `isokafka/<version>`. */
  userAgent?: string
}

const awsSettings: SettingKinds<AwsMskIamOptions> = {
  region: 'string!',
  credentials: 'any!',
  expiry: 'number',
  userAgent: 'string',
}

const service = 'kafka-cluster'
const action = 'kafka-cluster:Connect'
const algorithm = 'AWS4-HMAC-SHA256'

/**
 * AWS_MSK_IAM: proves by a signature (Signature Version 4) that one has a role or key of AWS. Nothing secret goes over
 * the wire. Use it under TLS only, as Amazon MSK does.
 */
export function awsMskIam(options: AwsMskIamOptions): Mechanism {
  const settings = given('awsMskIam()', options, awsSettings)
  const { region, credentials, expiry = 300_000, userAgent = `isokafka/${packageVersion}` } = settings
  if (region === '') throw new ConfigError('AWS_MSK_IAM: region is empty')
  return {
    name: 'AWS_MSK_IAM',
    async start({ host, clock }) {
      const who = checked(typeof credentials === 'function' ? await credentials() : credentials)
      const signed = await presigned({ host, region, seconds: Math.ceil(expiry / 1000), clock }, who)
      return {
        response: utf8(JSON.stringify(sorted({ version: '2020_10_22', host, 'user-agent': userAgent, ...signed }))),
        machine: {
          async next(challenge) {
            // With the id of the request, which nobody needs.
            if (challenge.length > 0) return { done: true }
            throw new AuthenticationError('AWS_MSK_IAM: the broker answers nothing: it does not take the signature')
          },
        },
      }
    },
  }
}

function checked(given: AwsCredentials): AwsCredentials {
  const { accessKeyId, secretAccessKey } = given ?? {}
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string' || !accessKeyId || !secretAccessKey)
    throw new ConfigError(`AWS_MSK_IAM: credentials must have accessKeyId and secretAccessKey, not ${kindOf(given)}`)
  return given
}

interface Asked {
  readonly host: string
  readonly region: string
  readonly seconds: number
  readonly clock: Clock
}

/** The query of a presigned `GET kafka://host/?Action=kafka-cluster:Connect`, its names in lower case. */
async function presigned(
  { host, region, seconds, clock }: Asked,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
): Promise<Record<string, string>> {
  const { digest, hmac } = cryptoOf('SHA-256')
  const at = new Date(clock.now()).toISOString().replace(/[-:]|\.\d+/g, '')
  const day = at.slice(0, 8)
  const scope = `${day}/${region}/${service}/aws4_request`
  const query: Record<string, string> = {
    Action: action,
    'X-Amz-Algorithm': algorithm,
    'X-Amz-Credential': `${accessKeyId}/${scope}`,
    'X-Amz-Date': at,
    'X-Amz-Expires': String(seconds),
    'X-Amz-SignedHeaders': 'host',
    ...(sessionToken !== undefined && { 'X-Amz-Security-Token': sessionToken }),
  }
  const line = Object.entries(sorted(query))
    .map(([name, value]) => `${name}=${encoded(value)}`)
    .join('&')
  const payload = toHex(await digest(utf8('')))
  const request = ['GET', '/', line, `host:${host}\n`, 'host', payload].join('\n')
  const text = [algorithm, at, scope, toHex(await digest(utf8(request)))].join('\n')
  let key = utf8(`AWS4${secretAccessKey}`)
  for (const part of [day, region, service, 'aws4_request']) key = await hmac(key, utf8(part))
  const signed = { ...query, 'X-Amz-Signature': toHex(await hmac(key, utf8(text))) }
  return Object.fromEntries(Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]))
}

function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, letter => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sorted(fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)))
}
