import { systemClock } from '../../../src/base/clock.ts'
import type { GroupBalancer } from '../../../src/group/balancers/group-balancer.ts'
import type { Context } from '../context.ts'
import { KafkaJSNonRetriableError } from '../errors.ts'
import type { Events } from '../events.ts'
import { retrySettings } from '../retry.ts'
import type { Logger, RetryOptions } from '../types/common.ts'
import type { ConsumerEvents, ConsumerRunConfig } from '../types/consumer.ts'
import type { Group } from './group.ts'
import type { Link } from './link.ts'
import { Runner } from './runner.ts'
import type { ConsumerSettings } from './settings.ts'

export interface RunningParts {
  readonly context: Context
  readonly link: Link
  readonly settings: ConsumerSettings
  readonly retry: RetryOptions
  readonly balancers: readonly GroupBalancer[]
  /** The consumer's own. */
  readonly logger: Logger
  readonly events: Events<ConsumerEvents>
}

/** A consumer's runs: starting, stopping, and what becomes of a crash. */
export class Running {
  /** What it subscribed to. */
  readonly topics = new Map<string, { readonly fromBeginning: boolean }>()
  readonly #parts: RunningParts
  #runner: Runner | undefined
  /** It was asked to run, and not to stop since. */
  #isWanted = false
  #stopping: Promise<void> | undefined
  #cancelRestart: () => void = () => {}

  constructor(parts: RunningParts) {
    this.#parts = parts
  }

  /** Undefined unless it runs. */
  get group(): Group | undefined {
    return this.#runner?.group
  }

  /** What heartbeats tell; undefined unless it runs. */
  get generation(): { groupId: string; memberId: string; groupGenerationId: number } | undefined {
    return this.#runner?.group.generation
  }

  /** Throws a KafkaJSNonRetriableError unless it runs. */
  needed(complaint: string): Runner {
    if (this.#runner === undefined) throw new KafkaJSNonRetriableError(complaint)
    return this.#runner
  }

  /** Resolves once it has joined its group; what keeps it from that is a crash, and no rejection. */
  async run(run: ConsumerRunConfig): Promise<void> {
    const { logger, settings } = this.#parts
    if (this.#isWanted) {
      logger.warn('consumer#run was called, but the consumer is already running', { groupId: settings.groupId })
      return
    }
    await this.#start(run)
  }

  /** Waits for handlers, commits what is resolved and leaves the group. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = undefined
    })
    return this.#stopping
  }

  async disconnect(): Promise<void> {
    const { link, logger, settings, events } = this.#parts
    const { groupId } = settings
    try {
      await this.stop()
      logger.debug('consumer has stopped, disconnecting', { groupId })
      await link.disconnect()
      events.emit('consumer.disconnect')
    } catch (error) {
      const { message, stack } = error as Error
      logger.error(`Caught error when disconnecting the consumer: ${message}`, { stack, groupId })
      throw error
    }
  }

  async #start(run: ConsumerRunConfig): Promise<void> {
    const { context, settings, logger } = this.#parts
    logger.info('Starting', { groupId: settings.groupId })
    this.#isWanted = true
    // From here on it can be told where to seek, though it has not joined yet.
    const runner = new Runner({
      ...this.#parts,
      topics: new Map(this.topics),
      logger: context.logger,
      offsets: context.offsets,
      run,
      onCrash: error => this.#crashed(error, run),
    })
    this.#runner = runner
    await runner.start()
  }

  async #stop(): Promise<void> {
    const { logger, settings, events } = this.#parts
    const { groupId } = settings
    try {
      const runner = this.#runner
      if (runner !== undefined) {
        await runner.stop()
        this.#runner = undefined
        events.emit('consumer.stop')
      }
      this.#isWanted = false
      this.#cancelRestart()
      logger.info('Stopped', { groupId })
    } catch (error) {
      const { message, stack } = error as Error
      logger.error(`Caught error when stopping the consumer: ${message}`, { stack, groupId })
      throw error
    }
  }

  async #crashed(error: Error, run: ConsumerRunConfig): Promise<void> {
    const { logger, settings, events, retry } = this.#parts
    const { groupId } = settings
    const { retryCount, retryTime: waited } = error as { retryCount?: number; retryTime?: number }
    logger.error(`Crash: ${error.name}: ${error.message}`, { groupId, retryCount, stack: error.stack })
    await this.disconnect()
    const restart = mayPass(error) && (await this.#isToRestart(error))
    events.emit('consumer.crash', { error, groupId, restart })
    if (!restart) return
    const retryTime = waited || retrySettings(retry).initialRetryTime
    logger.error(`Restarting the consumer in ${retryTime}ms`, { retryCount, retryTime, groupId })
    this.#isWanted = false
    this.#cancelRestart = systemClock.after(retryTime, () => void this.#start(run).catch(() => {}))
  }

  async #isToRestart(cause: Error): Promise<boolean> {
    const { logger, settings, retry } = this.#parts
    if (retry.restartOnFailure === undefined) return true
    try {
      return await retry.restartOnFailure(cause)
    } catch (error) {
      logger.error('Caught error when invoking user-provided "restartOnFailure" callback. Defaulting to restarting.', {
        error: (error as Error | undefined)?.message || error,
        cause: cause.message || cause,
        groupId: settings.groupId,
      })
      return true
    }
  }
}

/** Whether what it comes down to may be over when it is tried again. */
function mayPass(error: Error): boolean {
  if (error.name === 'KafkaJSNumberOfRetriesExceeded') return true
  let cause: unknown = error
  while ((cause as Error).cause) cause = (cause as Error).cause
  return (cause as { retriable?: boolean }).retriable === true
}
