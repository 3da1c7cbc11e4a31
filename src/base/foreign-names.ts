/**
 * What other clients (kafkajs, librdkafka, Java's, kafka-go) call a setting, in small letters without dots, and then what it is called here: the first of
 * these that the object has. Names that differ in case, dots or a "ms" alone need no entry.
 */
export const foreignNames: readonly (readonly string[])[] = [
  ['bootstrapservers metadatabrokerlist brokers addr address addrs hosts', 'addr', 'brokers'],
  ['groupid group id', 'groupId', 'id'],
  ['topics topic', 'topics', 'groupTopics', 'topic'],
  ['ssl securityprotocol sslcalocation', 'tls'],
  ['saslmechanism saslmechanisms saslusername saslpassword', 'sasl'],
  ['connectiontimeout connecttimeout authenticationtimeout', 'dialTimeout'],
  ['timeout', 'requestTimeout', 'writeTimeout'],
  ['metadatamaxage', 'metadataTtl'],
  ['retry retries', 'maxAttempts', 'backoff'],
  ['loglevel logcreator', 'logger'],
  ['acks', 'requiredAcks'],
  ['partitioner createpartitioner', 'balancer'],
  ['linger', 'batchTimeout'],
  ['batchsize batchnummessages', 'batchBytes', 'batchSize'],
  ['messagetimeout', 'deliveryTimeout'],
  ['enableidempotence', 'idempotent'],
  ['buffermemory', 'maxBufferedBytes'],
  ['frombeginning autooffsetreset', "startOffset: 'earliest'"],
  ['partitionassigners partitionassignmentstrategy', 'groupBalancers'],
  ['maxpartitionfetchbytes', 'maxBytes'],
  ['fetchmaxwait fetchwaitmax', 'maxWait'],
  ['readuncommitted', 'isolationLevel'],
  ['bufferlimit queuedmaxmessages', 'queueCapacity'],
]
