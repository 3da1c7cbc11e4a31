import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

const archiveOf = (libs: string): string => join(libs, '..', 'classes.jsa')

/** Whether Java's archive of the classes of these jars is there: programs start by a third less work with it. */
export function isArchived(libs: string): boolean {
  return existsSync(archiveOf(libs))
}

/** The flags to start by it. An archive that does not fit is left aside, without a word on standard output. */
export function byArchive(libs: string): readonly string[] {
  return isArchived(libs) ? [`-XX:SharedArchiveFile=${archiveOf(libs)}`, '-Xlog:disable', '-Xlog:all=error:stderr'] : []
}

/** Makes it of what a program loads that `run` starts with this flag, and ends. */
export async function archive(libs: string, run: (flag: string) => Promise<unknown>): Promise<void> {
  if (isArchived(libs)) return
  const partial = `${archiveOf(libs)}.${process.pid}`
  try {
    await run(`-XX:ArchiveClassesAtExit=${partial}`)
    // A file under the final name is whole, whoever else makes one.
    await rename(partial, archiveOf(libs))
  } finally {
    await rm(partial, { force: true })
  }
}
