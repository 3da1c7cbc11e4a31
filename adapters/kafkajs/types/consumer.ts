// A stand-in until the consumer's own file is here.
// biome-ignore lint/suspicious/noExplicitAny: a stand-in.
export type Consumer = any
// biome-ignore lint/suspicious/noExplicitAny: a stand-in.
export type ConsumerConfig = any
