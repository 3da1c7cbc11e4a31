import type { ClientEvent } from '../../../src/base/events.ts'
import { describeGroups } from '../admin/groups.ts'
import type { Context } from '../context.ts'
import { KafkaJSNonRetriableError } from '../errors.ts'
import { Events } from '../events.ts'
import { createRetrier } from '../retry.ts'
import type { Consumer, ConsumerConfig } from '../types/consumer.ts'
import { checkPartitions, commitsOf, notRunning, placeOf, subscriptionsOf } from './arguments.ts'
import { balancerOf, PartitionAssigners } from './assigners.ts'
import { clusterOf } from './cluster.ts'
import { consumerEvents } from './events.ts'
import { Link } from './link.ts'
import { Running } from './running.ts'
import { isolationOf, settingsOf } from './settings.ts'

function isNames(list: readonly (string | RegExp)[]): list is string[] {
  return list.every(each => typeof each === 'string')
}

/** Throws a KafkaJSNonRetriableError for settings that can't work. Connects nothing yet. */
export function createConsumer(context: Context, config: ConsumerConfig = {} as ConsumerConfig): Consumer {
  const settings = settingsOf(config)
  const { groupId } = settings
  const logger = context.logger.namespace('Consumer')
  const events = new Events('consumer', consumerEvents, logger)
  const retry = { ...context.retry, ...(config.retry ?? { retries: 5 }) }
  const link = new Link({
    context,
    events,
    metadataMaxAge: settings.metadataMaxAge,
    onEvent: event => told(event),
  })
  const assigners = (config.partitionAssigners ?? [PartitionAssigners.roundRobin]).map(create =>
    create({ cluster: clusterOf(link, isolationOf(settings)), groupId, logger }),
  )
  const running = new Running({
    context,
    link,
    settings,
    retry,
    balancers: assigners.map(balancerOf),
    logger,
    events,
  })

  const told = (event: ClientEvent): void => {
    const { generation } = running
    if (generation === undefined) return
    if (event.type === 'partitionTrouble') running.group?.news.troubled(generation, event)
    const isHeartbeat =
      event.type === 'request' && (event.api === 'Heartbeat' || event.api === 'ConsumerGroupHeartbeat')
    if (isHeartbeat && event.error === undefined) running.group?.heard()
  }

  return {
    connect: async () => {
      await link.connect()
      events.emit(consumerEvents.CONNECT)
    },
    disconnect: () => running.disconnect(),
    stop: () => running.stop(),

    subscribe: async given => {
      if (running.group !== undefined)
        throw new KafkaJSNonRetriableError('Cannot subscribe to topic while consumer is running')
      const list = subscriptionsOf(given)
      const note = (topics: readonly string[]): void => {
        for (const topic of topics) running.topics.set(topic, { fromBeginning: given.fromBeginning ?? false })
      }
      // At once, for users who call run() without waiting.
      if (isNames(list)) note(list)
      const topics = await link.topicsOf(list, ({ pattern, matched }) =>
        logger.debug('Subscription based on RegExp', { groupId, topicRegExp: pattern, matchedTopics: matched }),
      )
      note(topics)
      await link.learn(topics, settings.allowAutoTopicCreation)
    },

    run: (run = {}) => running.run(run),

    commitOffsets: async (list = []) => {
      const topics = commitsOf(list)
      await running.needed(notRunning).commitOffsets(topics)
    },

    seek: place => {
      const offset = placeOf(place)
      running.needed(notRunning).group.seek(place, offset)
    },

    pause: (list = []) => {
      checkPartitions('pause', list)
      running.needed(notRunning).group.pause(list)
    },

    paused: () => running.group?.paused() ?? [],

    resume: (list = []) => {
      checkPartitions('resume', list)
      running.needed(notRunning).group.resume(list)
    },

    describeGroup: async () => {
      const { groups } = await describeGroups({ ask: call => link.ask(call), retrier: createRetrier(retry), logger }, [
        groupId,
      ])
      return groups[0]!
    },

    on: (name: string, listener: (event: never) => void) => events.on(name, listener),
    events: consumerEvents,
    logger: () => logger,
  } as Consumer
}
