import { expect, test } from 'vitest'
import type { CliStage } from '../stage.ts'

/** What becomes of topics and groups on the command line. */
export function topicsAndGroups(stage: CliStage): void {
  const { at, newTopic } = stage

  test('topics: made, listed, described, extended, trimmed, deleted', async () => {
    expect(await at(['topics', 'create', 'life', '-p', '2', '-r', '1', '--config', 'retention.ms=1000000'])).toEqual({
      status: 0,
      output: '',
      errors: '',
    })
    await at(['produce', 'life', '-p', '0'], { input: 'a\nb\nc\n' })
    expect((await at(['topics', 'list'])).output).toContain('life\t2\t1\n')
    expect((await at(['topics', 'describe', 'life'])).output).toMatch(
      /^TOPIC\tPARTITION\tLEADER\tREPLICAS\tISR\tFIRST\tEND\nlife\t0\t(\d\t){3}0\t3\nlife\t1\t(\d\t){3}0\t0\n$/,
    )
    const plain = { isTerminal: true, environment: { NO_COLOR: '1' } }
    expect((await at(['topics', 'list'], plain)).output).toMatch(/^TOPIC +PARTITIONS +REPLICAS\n/)
    expect((await at(['topics', 'list'], { isTerminal: true })).output).toContain('  REPLICAS\x1b[22m\n')
    expect((await at(['topics', 'add-partitions', 'life', '-p', '3', '--dry-run'])).status).toBe(0)
    expect((await at(['topics', 'add-partitions', 'life', '-p', '3'])).status).toBe(0)
    expect((await at(['topics', 'trim', 'life', '--before', 'end'])).output).toContain('life\t0\t3\t\n')
    expect((await at(['topics', 'delete', 'life'])).status).toBe(0)
    expect((await at(['topics', 'list'])).output).not.toContain('life\t')
  })

  test('groups: listed, described with their lag, reset once told to, deleted', async () => {
    const topic = await newTopic()
    await at(['produce', topic], { input: 'a\nb\nc\n' })
    await at(['consume', topic, '-g', 'lagging', '-o', 'start', '-c', '2'])
    expect((await at(['groups', 'list'])).output).toMatch(/^lagging\tEmpty\tclassic\tconsumer\t\d$/m)
    expect((await at(['groups', 'describe', 'lagging'])).output).toContain(`lagging\t${topic}\t0\t2\t3\t1\n`)
    const dry = await at(['groups', 'reset', 'lagging', '--to', 'start'])
    expect(dry.output).toContain(`${topic}\t0\t2\t0\t\n`)
    expect(dry.errors).toMatch(/--execute/)
    expect((await at(['groups', 'describe', 'lagging'])).output).toContain('\t2\t3\t1\n')
    expect((await at(['groups', 'reset', 'lagging', '--to', '-1', '--execute'])).errors).toBe('')
    expect((await at(['groups', 'describe', 'lagging'])).output).toContain('\t1\t3\t2\n')
    expect((await at(['groups', 'delete', 'lagging'])).status).toBe(0)
    expect((await at(['groups', 'list'])).output).not.toContain('lagging')
  })
}
