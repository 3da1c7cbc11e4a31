import { beforeAll, describe, expect, test } from 'vitest'
import { Stopped } from '../../../adapters/cli/command.ts'
import { Writer } from '../../../src/writer/writer.ts'
import type { CliStage } from '../stage.ts'

/** What goes in and out by produce and consume. */
export function records(stage: CliStage): void {
  const { at, newTopic } = stage

  const consumed = (...args: string[]): Promise<string> => stage.done('consume', ...args)

  describe('produce', () => {
    test('writes each line, also the last without an end, and nothing to standard output', async () => {
      const topic = await newTopic()
      const input = Array.from({ length: 3_000 }, (_, i) => `line ${i}`).join('\n')
      expect(await at(['produce', topic], { input })).toEqual({ status: 0, output: '', errors: '' })
      expect(await consumed(topic, '-o', 'start', '-e')).toBe(`${input}\n`)
    })

    test('keys, headers, partitions, nulls', async () => {
      const topic = await newTopic(3)
      await at(['produce', topic, '-K', ':', '-p', '2', '-H', 'a=1', '-H', 'b=x=y', '-Z'], {
        input: 'k:v:w\nk:\nno key\n\n',
      })
      await at(['produce', topic, '-k', 'fixed', '-K', '\\t', '-p', '1'], { input: 'a\tb\n' })
      const format = '%p|%k|%K|%s|%S|%h\\n'
      expect(await consumed(topic, '-p', '2', '-o', 'start', '-e', '-f', format, '-Z', 'NULL')).toBe(
        '2|k|1|v:w|3|a=1,b=x=y\n2|k|1|NULL|-1|a=1,b=x=y\n2|NULL|-1|no key|6|a=1,b=x=y\n2|NULL|-1|NULL|-1|a=1,b=x=y\n',
      )
      expect(await consumed(topic, '-p', '1', '-o', 'start', '-e', '-f', format)).toBe('1|a|1|b|1|\n')
    })

    test.each(['gzip', 'snappy', 'lz4', 'zstd'])('compresses with %s', async codec => {
      const topic = await newTopic()
      const input = 'word '.repeat(1_000)
      await at(['produce', topic, '-z', codec], { input })
      expect(await consumed(topic, '-o', 'start', '-e', '-f', '%s')).toBe(input)
    })

    test('a topic that is not there: what was not written is told, and the status is 1', async () => {
      const { status, errors } = await at(['produce', 'nowhere'], { input: 'a\nb\n' })
      expect(status).toBe(1)
      expect(errors).toMatch(/^isokafka: lines 1 to 2: not written: .*nowhere/)
    })

    test('a line of JSON that is none: its number is told', async () => {
      const topic = await newTopic()
      const { status, errors } = await at(['produce', topic, '--json'], { input: '{"payload":"a"}\n{"payload"\n' })
      expect(status).toBe(1)
      expect(errors).toMatch(/^isokafka: line 2: no JSON/)
      // What was before it is written.
      expect(await consumed(topic, '-o', 'start', '-e')).toBe('a\n')
    })
  })

  test('what has no lines is refused, and does not fill the memory', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      const piece = new Uint8Array(1024 * 1024)
      for (;;) yield piece
    }
    const { status, errors } = await at(['produce', await newTopic()], { input: endless() })
    expect(errors).toBe('isokafka: standard input has a line of more than 67108864 bytes\n')
    expect(status).toBe(1)
  })

  test('tells how far it is, where somebody looks', async () => {
    const topic = await newTopic()
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('first\n')
      while (shown.length === 0) {
        yield Buffer.from('more\n')
        await new Promise(setImmediate)
      }
    }
    const shown: string[] = []
    const progress = (line: string): void => void shown.push(line)
    expect(await at(['produce', topic], { input: slow(), progress })).toMatchObject({ status: 0, errors: '' })
    expect(shown[0]).toMatch(/^[\d,]+ records, \d+\.\d MB, [\d,]+ records\/s$/)
    expect(shown.at(-1)).toBe('')
  })

  describe('consume', () => {
    let topic = ''
    beforeAll(async () => {
      topic = await newTopic()
      await using writer = new Writer({ addr: stage.addr, topic })
      for (let i = 0; i < 10; i++) await writer.writeMessages({ value: `${i}`, time: new Date(1_000_000 + i * 1_000) })
    })

    test.each<[string, string[], string]>([
      ['from the start', ['-o', 'start', '-e'], '0123456789'],
      ['the last three', ['-o', '-3', '-e'], '789'],
      ['from an offset', ['-o', '7', '-e'], '789'],
      ['between two', ['-o', '2:5'], '234'],
      ['up to one', ['-o', ':2'], '01'],
      ['beyond the end', ['-o', '8:20', '-c', '2'], '89'],
      ['from a time', ['-o', '@1004500', '-e'], '56789'],
      ['between times', ['-o', '@1970-01-01T00:16:42Z:1970-01-01T00:16:44Z'], '23'],
      ['from a time before all', ['-o', '@1:end'], '0123456789'],
      ['after all', ['-o', '@-1h:end'], ''],
      ['so many', ['-o', 'start', '-c', '4'], '0123'],
      ['none', ['-o', 'end', '-e'], ''],
    ])('%s', async (_what, args, values) => {
      expect(await consumed(topic, ...args, '-f', '%s')).toBe(values)
    })

    test.each([
      ['%t/%p@%o=%s%%\\n', (topic: string) => `${topic}/0@0=0%\n`],
      ['%T %e\\x41\\t%s{hex}%s{base64}%s{json}', () => '1000000 0A\t30MA=="0"'],
      ['%R%s\\xff%k{json}', () => '\0\0\0\x010\xffnull'],
    ])('prints as %s says', async (format, line) => {
      expect(await consumed(topic, '-o', 'start', '-c', '1', '-f', format)).toBe(line(topic))
    })

    test('ends where nothing more can come, behind markers and what compaction left', async () => {
      const name = await newTopic()
      await using writer = new Writer({ addr: stage.addr, topic: name, transactionalId: name })
      await writer.transaction(tx => tx.writeMessages({ value: 'committed' }))
      const aborted = await writer.begin()
      await aborted.writeMessages({ value: 'aborted' })
      await aborted.abort()
      expect(await consumed(name, '-o', 'start', '-e', '--read-committed', '-f', '%s')).toBe('committed')
    })

    test('goes on as more comes, until it is stopped', async () => {
      const name = await newTopic(2)
      const stopping = new AbortController()
      let seen = ''
      const write = (text: string): boolean => {
        seen += text
        if (seen.length === 4) stopping.abort(new Stopped('SIGINT'))
        return true
      }
      const consuming = at(['consume', name, '-o', 'start'], { write, signal: stopping.signal })
      await using writer = new Writer({ addr: stage.addr, topic: name })
      for (const value of ['a', 'b']) await writer.writeMessages({ value })
      expect(await consuming).toMatchObject({ status: 0, errors: '' })
      expect([...seen].sort().join('')).toBe('\n\nab')
    })

    test('stopped before its end it has failed', async () => {
      const stopping = new AbortController()
      const consuming = at(['consume', topic, '-o', 'end', '-c', '1'], { signal: stopping.signal })
      stopping.abort(new Stopped('SIGTERM'))
      expect((await consuming).status).toBe(143)
    })

    test('ends when nobody reads what it prints', async () => {
      expect(await at(['consume', topic, '-o', 'start'], { write: () => false })).toMatchObject({ status: 0 })
    })

    test('a group goes on where it was', async () => {
      const args = ['consume', topic, '-g', 'readers', '-o', 'start', '-f', '%s', '-c']
      expect((await at([...args, '4'], { write: () => false })).status).toBe(0)
      // Nobody read that.
      expect((await at([...args, '4'])).output).toBe('0123')
      expect((await at([...args, '3'])).output).toBe('456')
    })
  })

  test('lines of other programs: values that are no text are written as they stand', async () => {
    const topic = await newTopic()
    await at(['produce', topic, '--json'], { input: '{"key":"k","value":{"a":[1,2]}}\n{"payload":7}\n' })
    expect(await consumed(topic, '-o', 'start', '-e', '-f', '%k=%s;')).toBe('k={"a":[1,2]};=7;')
  })

  test.each<[string[], RegExp]>([
    [['produce'], /which topic\?/],
    [['produce', 'a', 'b'], /one topic/],
    [['produce', 't', '-H', 'nothing'], /--header: "nothing"/],
    [['produce', 't', '-z', 'zip'], /zip/],
    [['produce', 't', '--acks', '2'], /2/],
    [['consume'], /which topic\?/],
    [['consume', 'a', 'b'], /for a --group/],
    [['consume', 't', '-o', 'middle'], /--offset: "middle"/],
    [['consume', 't', '-o', '5:2'], /--offset: 2 is before 5/],
    [['consume', 't', '-c', '0'], /--count/],
    [['consume', 't', '-f', '%y'], /--format: there is no %y/],
    [['consume', 't', '-f', '%s{nope}'], /--format: there is no %s\{nope\}/],
    [['consume', 't', '-J', '-f', '%s'], /two ways/],
    [['consume', 't', '--output', 'xml'], /--output: "xml"/],
    [['produce', 't', '--input', 'xml'], /--input: "xml"/],
    [['consume', 't', '-g', 'g', '-e'], /--exit goes without --group/],
    [['topics'], /what of topics/],
    [['topics', 'rename', 'a'], /can't rename/],
    [['topics', 'lst'], /can't lst: list, /],
    [['groups', 'lst'], /can't lst: list, /],
    [['consume', 't', '--ofset', '1'], /Unknown option '--ofset'; did you mean --offset\?/],
    [['cosume', 't'], /no command "cosume"; did you mean consume\?/],
    [['topics', 'create'], /which topic/],
    [['topics', 'trim', 'a'], /--before/],
    [['groups', 'reset', 'g'], /--to/],
    [['groups', 'reset', 'g', '--to', '-3:5'], /no place/],
  ])('%j makes no sense: one line says why, and the status is 2', async (args, why) => {
    const { status, errors, output } = await at(args)
    expect(errors).toMatch(why)
    expect(errors.trimEnd()).not.toContain('\n')
    expect({ status, output }).toEqual({ status: 2, output: '' })
  })

  test.each([
    [['consume', 'nowhere'], /nowhere/],
    [['topics', 'describe', 'nowhere'], /nowhere/],
    [['topics', 'delete', 'nowhere'], /nowhere/],
  ])('%j fails: one line says why, and the status is 1', async (args, why) => {
    const { status, errors } = await at(args)
    expect(errors).toMatch(why)
    expect(status).toBe(1)
  })

  test.each([
    [['topics', 'list']],
    [['consume', 't']],
    [['consume', 't', '-g', 'g']],
    [['produce', 't']],
    [['bench', 'produce', 't']],
  ])('%j of a broker that is not there: one line, soon, and status 1', async args => {
    const { status, errors, output } = await at([...args, '-b', '127.0.0.1:1'], { input: 'x\n' })
    expect(errors).toBe('isokafka: 127.0.0.1:1: connection refused: nothing listens there\n')
    expect({ status, output }).toEqual({ status: 1, output: '' })
  })
}
