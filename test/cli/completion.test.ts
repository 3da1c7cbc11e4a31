import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { isokafka } from './console.ts'

describe('completion', () => {
  const complete = (script: string, ...words: string[]): string[] =>
    execFileSync(
      'bash',
      [
        '-c',
        `${script}\nCOMP_WORDS=(${words.join(' ')} ''); COMP_CWORD=${words.length}; _isokafka; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ],
      { encoding: 'utf8' },
    )
      .trim()
      .split('\n')

  test('bash completes commands, their verbs and options', async () => {
    const script = (await isokafka(['completion', 'bash'])).output
    expect(complete(script, 'isokafka')).toEqual(expect.arrayContaining(['produce', 'acls', 'broker']))
    const topics = complete(script, 'isokafka', 'topics')
    expect(topics).toEqual(
      expect.arrayContaining(['list', 'add-partitions', 'trim', '--partitions', '--sasl-username']),
    )
    expect(complete(script, 'isokafka', 'cluster')).toEqual(expect.arrayContaining(['brokers', 'features', 'quorum']))
  })

  test('of other shells there are scripts, too', async () => {
    expect((await isokafka(['completion', 'zsh'])).output).toMatch(/^#compdef isokafka\n/)
    expect((await isokafka(['completion', 'fish'])).output).toMatch(
      /__fish_seen_subcommand_from groups' -a '.*describe.*reset/,
    )
    expect((await isokafka(['completion', 'tcsh'])).status).toBe(2)
  })
})
