// Logs in by each of kafkajs's mechanisms over TLS, and makes an access rule: node kafkajs-logins.ts <node_modules> <brokers>,
// with { ca, username, password } on stdin.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const [modules = '', brokers = ''] = process.argv.slice(2)
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, ResourcePatternTypes, logLevel } =
  createRequire(join(modules, 'x'))('kafkajs')
const { ca, username, password } = JSON.parse(await text(process.stdin))
const result: Record<string, unknown> = {}
for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512']) {
  for (const secret of [password, 'guess']) {
    const kafka = new Kafka({
      brokers: brokers.split(','),
      clientId: 'kafkajs',
      ssl: { ca: [ca] },
      sasl: { mechanism, username, password: secret },
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    })
    const admin = kafka.admin()
    const name = `${mechanism}${secret === password ? '' : ', guessed'}`
    try {
      await admin.connect()
      const rule = {
        resourceType: AclResourceTypes.TOPIC,
        resourceName: `kafkajs-${mechanism}`,
        resourcePatternType: ResourcePatternTypes.LITERAL,
        principal: 'User:bob',
        host: '*',
        operation: AclOperationTypes.READ,
        permissionType: AclPermissionTypes.ALLOW,
      }
      await admin.createAcls({ acl: [rule] })
      const { host: _, ...filter } = rule
      result[name] = (await admin.describeAcls(filter)).resources.length
    } catch (error) {
      result[name] = (error as Error).name
    }
    await admin.disconnect().catch(() => {})
  }
}
console.log(JSON.stringify(result))
process.exit(0)
