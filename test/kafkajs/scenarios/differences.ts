export interface Difference {
  readonly reason: string
  /** Where it occurs; on both by default. */
  readonly on?: 'embedded' | 'kafka'
  /** True: not each time, for a race decides. */
  readonly byChance?: true
}

const race = { on: 'kafka', byChance: true } as const

const notOverYet: Difference = {
  reason: 'kafkajs logs an error where the transaction before is not over yet, and sends again; ours waits for it',
  ...race,
}

const dealt: Difference = {
  reason:
    'kafkajs deals partitions out in the order in which a broker tells of them, which is none before 4.0; ours by number',
  ...race,
}

const noWait: Difference = {
  reason:
    'kafkajs fails where the broker that it asks for leaders has not heard of the new topic yet, as those of KRaft',
  ...race,
}

const noMember: Difference = {
  reason:
    'kafkajs joins the group for a moment to set offsets, and its log says so; ours stores them from outside, at once',
}

/** Where ours is known to differ, and why: by scenario, then by the place in its transcript, what is below included. */
export const differences: Readonly<Record<string, Readonly<Record<string, Difference>>>> = {
  // Producer
  'producer: sends before it is connected and after it is disconnected': {
    again: { reason: 'kafkajs wrote twice here, on a busy machine: seen once, on 2.8.2', ...race },
  },
  'producer: one transaction after the other': { log: notOverYet },
  'producer: a transaction is used after its end': { log: notOverYet },
  'producer: a topic that is made by sending to it': {
    log: { reason: 'kafkajs logs an error where a new leader does not know that it is one, and sends again', ...race },
  },

  // Consumer
  'consumer: two members divide a topic': { shares: dealt },
  'consumer: a custom assigner': { 'told[5]': dealt },

  // Admin
  'admin: createTopics waits for leaders': { made: noWait },
  'admin: works after it was disconnected': {
    listed: { reason: 'a kafkajs admin that was disconnected fails every call from then on, also after connect()' },
    'listed again': { reason: 'as before', byChance: true },
  },
  'admin: createTopics checks only, with the default of waiting for leaders': {
    checked: { reason: 'kafkajs looks for the leaders of the topic that it did not make, and fails' },
  },
  'admin: deleteTopicRecords as the first call of an admin': {
    deleted: { reason: 'kafkajs fails unless another call has asked about the topic before' },
  },
  'admin: describeGroups of a group that only has offsets': {
    'groups.answers.groups[0].protocolType': {
      reason: 'no consumer has been in it: kafkajs’s own was, to set offsets',
    },
    log: noMember,
  },
  'admin: settings of a type that is UNKNOWN': {
    described: { reason: 'no broker takes it; ours says so itself, and what there is instead' },
    altered: { reason: 'as before' },
  },
  'admin: fetchOffsets of what was set': { log: noMember },
  'admin: fetchOffsets of two topics': { log: noMember },
  'admin: setOffsets moves a group back and forth': { log: noMember },
  'admin: setOffsets with a number': { log: noMember },
  'admin: setOffsets refuses offsets that can not be': { log: noMember },
  'admin: resetOffsets to the end and to the beginning': { log: noMember },
  'admin: resetOffsets to the end by default': { log: noMember },
  'admin: fetchOffsets resolves the beginning': { log: noMember },
  'admin: fetchOffsets resolves the end': { log: noMember },
  'admin: fetchOffsets resolves nothing where there are offsets': { log: noMember },
  'admin: deleteGroups forgets the offsets': { log: noMember },
}
