import { AlterUserScramCredentials } from '../../src/protocol/alter-user-scram-credentials.ts'
import { DescribeUserScramCredentials } from '../../src/protocol/describe-user-scram-credentials.ts'
import type { Peer } from './peer.ts'

const sha256 = 1
const sha512 = 2
const salt = new Uint8Array(16).fill(7)

function upsertion(name: string, more: object = {}) {
  return { name, mechanism: sha256, iterations: 4096, salt, saltedPassword: new Uint8Array(32).fill(9), ...more }
}

export async function scramUsers(peer: Peer, unique: string): Promise<void> {
  const [a, b, c] = ['a', 'b', 'c'].map(letter => `${unique}-${letter}`) as [string, string, string]
  const alter = (deletions: { name: string; mechanism: number }[], upsertions: ReturnType<typeof upsertion>[]) =>
    peer.ask(AlterUserScramCredentials, 0, { deletions, upsertions })
  // Brokers learn of it from the controller, in their own time.
  const known = (names: readonly string[], infos: number) =>
    peer.settle(
      DescribeUserScramCredentials,
      0,
      { users: names.map(name => ({ name })) },
      ({ results }) => results.reduce((sum, { credentialInfos }) => sum + credentialInfos.length, 0) === infos,
    )
  const describe = (...names: string[]) =>
    peer.ask(DescribeUserScramCredentials, 0, { users: names.map(name => ({ name })) })
  await alter([], [upsertion(a), upsertion(b, { mechanism: sha512, iterations: 16_384 })])
  await known([a, b], 2)
  await describe(a, b)
  await describe(a, a, c)
  await describe(a, c)
  await describe('')
  await alter([], [upsertion(a, { mechanism: sha512 }), upsertion(c, { salt: new Uint8Array(0) })])
  await known([a, c], 3)
  await describe(a, c)
  for (const more of [
    { iterations: 4095 },
    { iterations: 16_385 },
    { iterations: -1 },
    { mechanism: 0 },
    { mechanism: 3 },
    { name: '' },
    { saltedPassword: new Uint8Array(0) },
    { saltedPassword: new Uint8Array(7) },
  ])
    await alter([], [upsertion(`${unique}-wrong`, more)])
  await known([`${unique}-wrong`], 1)
  await alter([{ name: a, mechanism: sha256 }], [upsertion(a, { iterations: 5000 })])
  await alter([], [upsertion(b), upsertion(b, { mechanism: sha512 })])
  await alter([], [upsertion(b, { iterations: 1 }), upsertion(b)])
  await alter(
    [
      { name: a, mechanism: sha256 },
      { name: a, mechanism: sha512 },
    ],
    [],
  )
  await alter(
    [
      { name: a, mechanism: sha256 },
      { name: b, mechanism: sha256 },
      { name: `${unique}-none`, mechanism: sha256 },
      { name: '', mechanism: sha256 },
      { name: c, mechanism: 9 },
    ],
    [upsertion(`${unique}-new`)],
  )
  await known([a, `${unique}-new`], 2)
  await describe(a, b, c)
  await alter([], [])
}
