import type { Client } from '../../../src/client/client.ts'
import type { Connection, Context } from '../context.ts'
import { Events } from '../events.ts'
import { createRetrier } from '../retry.ts'
import { kafkaJSError } from '../translate.ts'
import type { Admin, AdminConfig, AdminEvents } from '../types/admin.ts'
import { createAcls, deleteAcls, describeAcls } from './acls.ts'
import { type AdminCluster, describeCluster } from './cluster.ts'
import { alterConfigs, describeConfigs } from './configs.ts'
import { deleteTopicRecords } from './delete-records.ts'
import { fetchOffsets, resetOffsets, setOffsets } from './group-offsets.ts'
import { deleteGroups, describeGroups, listGroups } from './groups.ts'
import { fetchTopicOffsets, fetchTopicOffsetsByTimestamp } from './offsets.ts'
import { alterPartitionReassignments, listPartitionReassignments } from './reassignments.ts'
import { createPartitions, createTopics, deleteTopics, fetchTopicMetadata, listTopics } from './topics.ts'

const events: AdminEvents = {
  CONNECT: 'admin.connect',
  DISCONNECT: 'admin.disconnect',
  REQUEST: 'admin.network.request',
  REQUEST_TIMEOUT: 'admin.network.request_timeout',
  REQUEST_QUEUE_SIZE: 'admin.network.request_queue_size',
}

/** What manages topics, groups and the rest of a cluster, by way of a Client. */
export function createAdmin(context: Context, { retry }: AdminConfig = {}): Admin {
  const logger = context.logger.namespace('Admin')
  const told = new Events('admin', events, logger)
  let connection: Promise<Connection> | undefined

  /** The connection, made by whoever needs it first. */
  function connected(): Promise<Connection> {
    connection ??= context.open({ events: told })
    const opened = connection
    opened.catch(() => {
      if (connection === opened) connection = undefined
    })
    return opened
  }

  const cluster: AdminCluster = {
    logger,
    retrier: createRetrier({ ...context.retry, ...retry }),
    async ask<T>(call: (client: Client) => Promise<T>): Promise<T> {
      const { client } = await connected()
      try {
        return await call(client)
      } catch (error) {
        throw kafkaJSError(error)
      }
    },
  }

  return {
    async connect() {
      await connected()
      told.emit(events.CONNECT)
    },
    async disconnect() {
      const opened = connection
      connection = undefined
      // What could not be opened has nothing to close.
      const closing = await opened?.catch(() => undefined)
      await closing?.close()
      told.emit(events.DISCONNECT)
    },
    listTopics: () => listTopics(cluster),
    createTopics: options => createTopics(cluster, options),
    deleteTopics: options => deleteTopics(cluster, options),
    // Its type promises an answer that kafkajs does not give.
    createPartitions: options => createPartitions(cluster, options) as unknown as Promise<boolean>,
    fetchTopicMetadata: options => fetchTopicMetadata(cluster, options),
    describeCluster: () => describeCluster(cluster),
    events,
    fetchOffsets: options => fetchOffsets(cluster, options),
    fetchTopicOffsets: topic => fetchTopicOffsets(cluster, topic),
    fetchTopicOffsetsByTimestamp: (topic, timestamp) => fetchTopicOffsetsByTimestamp(cluster, topic, timestamp),
    setOffsets: options => setOffsets(cluster, options),
    resetOffsets: options => resetOffsets(cluster, options),
    describeConfigs: configs => describeConfigs(cluster, configs),
    alterConfigs: configs => alterConfigs(cluster, configs),
    on: (eventName: string, listener: (event: never) => unknown) => told.on(eventName, listener),
    logger: () => logger,
    listGroups: () => listGroups(cluster),
    describeGroups: groupIds => describeGroups(cluster, groupIds),
    deleteGroups: groupIds => deleteGroups(cluster, groupIds),
    describeAcls: filter => describeAcls(cluster, filter),
    deleteAcls: options => deleteAcls(cluster, options),
    createAcls: options => createAcls(cluster, options),
    deleteTopicRecords: options => deleteTopicRecords(cluster, options),
    alterPartitionReassignments: request => alterPartitionReassignments(cluster, request),
    listPartitionReassignments: request => listPartitionReassignments(cluster, request),
  }
}
