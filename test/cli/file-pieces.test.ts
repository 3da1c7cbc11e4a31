import { randomBytes } from 'node:crypto'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FilePieces } from '../../adapters/cli/file-pieces.ts'

async function pieces(length: number): Promise<[content: Buffer, FilePieces]> {
  const folder = await mkdtemp(join(tmpdir(), 'isokafka-pieces-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const content = randomBytes(length)
  await writeFile(join(folder, 'file'), content)
  const file = await open(join(folder, 'file'))
  onTestFinished(() => file.close())
  return [content, new FilePieces(file.fd)]
}

test('a file comes whole, and memory that is given back is read into again', async () => {
  const [content, file] = await pieces(5 * 1024 * 1024 + 1)
  const memory = new Set<unknown>()
  const copies: Buffer[] = []
  for await (const piece of file) {
    memory.add(piece.buffer)
    copies.push(Buffer.from(piece))
    file.release(piece)
  }
  expect(Buffer.concat(copies).equals(content)).toBe(true)
  expect(memory.size).toBeLessThanOrEqual(2)
})

test('what is not given back stays as it is', async () => {
  const [content, file] = await pieces(3 * 1024 * 1024)
  const kept: Uint8Array[] = []
  for await (const piece of file) kept.push(piece)
  expect(Buffer.concat(kept).equals(content)).toBe(true)
})

test('a file that can not be read says so', async () => {
  const [, file] = await pieces(0)
  expect(await file[Symbol.asyncIterator]().next()).toMatchObject({ done: true })
  await expect(new FilePieces(999_999)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'EBADF' })
})
