export { Broker } from './broker.ts'
export type { BrokerConfig, BrokerTopic, VersionCap } from './config.ts'
export type { Control, ControlContext, ControlVerdict } from './control.ts'
export type { Listener } from './listener.ts'
