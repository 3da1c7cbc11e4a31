import { ConfigError, IsoKafkaError, messageOf } from '../../src/base/errors.ts'
import { nearest } from '../../src/base/settings.ts'
import { packageVersion } from '../../src/base/version.ts'
import { aclsCommand } from './acls.ts'
import { benchCommand } from './bench/bench.ts'
import { bridgeCommand } from './bridge.ts'
import { brokerCommand } from './broker.ts'
import { clusterCommand } from './cluster.ts'
import { type Command, type CommandContext, exitStatus, Stopped, UsageError } from './command.ts'
import { completionCommand } from './completion.ts'
import { configsCommand } from './configs.ts'
import { consumeCommand } from './consume.ts'
import { demoCommand } from './demo.ts'
import { groupsCommand } from './groups.ts'
import { produceCommand } from './produce.ts'
import { queryCommand } from './query.ts'
import { topicsCommand } from './topics.ts'
import { usersCommand } from './users.ts'
import { verifiableConsumerCommand } from './verifiable/consumer.ts'
import { verifiableProducerCommand } from './verifiable/producer.ts'

const work: readonly Command[] = [
  produceCommand,
  consumeCommand,
  topicsCommand,
  groupsCommand,
  configsCommand,
  aclsCommand,
  usersCommand,
  clusterCommand,
  queryCommand,
  benchCommand,
  verifiableProducerCommand,
  verifiableConsumerCommand,
  brokerCommand,
  bridgeCommand,
  demoCommand,
]
const commands = [...work, completionCommand(work)]

const help = `usage: isokafka <command> [options]

${commands.map(({ name, summary }) => `  ${name.padEnd(19)} ${summary}`).join('\n')}

isokafka <command> --help has a command's options and examples; isokafka --version says which isokafka this is.

exit status: 0 done, or a server stopped by SIGINT or SIGTERM; 1 failed; 2 the command line makes no sense;
130 and 143 interrupted by SIGINT or SIGTERM before the work was done

examples:
  npx isokafka broker --port 9092 --topic orders:6
  npx isokafka demo
  npx isokafka consume orders -o start -e --json
  deno run -A npm:isokafka broker
  bunx --bun isokafka broker`

/**
 * Does what the command line asks for, and answers the exit status. What a user can mend takes one line on standard
 * error, and no stack.
 */
export async function main(args: readonly string[], context: CommandContext): Promise<number> {
  const { print, warn } = context
  const [first, ...rest] = args
  const command = commands.find(({ name }) => name === first)
  try {
    if (command !== undefined && asksForHelp(rest)) print(command.help)
    else if (command !== undefined) return await command.run(rest, context)
    else if (first === 'help' || asksForHelp(args)) print(help)
    else if (first === '--version') print(packageVersion)
    else throw new UsageError(first === undefined ? 'which command?' : `there is no command "${first}"${like(first)}`)
    return exitStatus.done
  } catch (error) {
    if (error instanceof Stopped) return error.exitStatus
    if (!(error instanceof IsoKafkaError)) {
      // A bug shows where it is.
      warn(error instanceof Error ? (error.stack ?? error.message) : String(error))
      return exitStatus.failed
    }
    // A setting refused as it stands. One with a cause was refused by the system: a port in use.
    const misused = error instanceof UsageError || (error instanceof ConfigError && error.cause === undefined)
    warn(
      `isokafka: ${messageOf(error)}${misused ? ` (${['isokafka', command?.name, '--help'].filter(Boolean).join(' ')})` : ''}`,
    )
    return misused ? exitStatus.misused : exitStatus.failed
  }
}

function asksForHelp(args: readonly string[]): boolean {
  return args.includes('--help') || args.includes('-h')
}

function like(word: string): string {
  const near = nearest(word, Object.fromEntries(commands.map(({ name }) => [name, 1])))
  return near === undefined ? '' : `; did you mean ${near}?`
}
