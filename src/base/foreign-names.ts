/**
 * What kafkajs, librdkafka and Java's clients call a setting, in small letters without dots, and then what it is called
 * here: the first of these that the object has. Names that differ in case, dots or a "ms" alone, or a little, need no
 * entry. One text, as lists of lists would be half as long again.
 */
export const foreignNames = `bootstrapservers metadatabrokerlist brokers addr > addr,brokers
groupid > id
id > groupId
topics > groupTopics
ssl securityprotocol > tls
connectiontimeout authenticationtimeout > dialTimeout
timeout > requestTimeout,writeTimeout
metadatamaxage > metadataTtl
retry retries > maxAttempts,backoff
loglevel logcreator > logger
acks > requiredAcks
partitioner createpartitioner > balancer
linger > batchTimeout
frombeginning autooffsetreset > startOffset: 'earliest'
partitionassigners partitionassignmentstrategy > groupBalancers
maxpartitionfetchbytes > maxBytes`
