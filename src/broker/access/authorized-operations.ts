/**
 * Everything one may do with a topic, a group and a cluster, in Kafka's bits: nobody is refused anything here
 * (KIP-430).
 */
export const authorizedOperations = { topic: 3576, group: 3400, cluster: 8096 } as const
