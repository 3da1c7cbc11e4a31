export { Broker, type Listener } from './broker.ts'
export type { BrokerConfig, BrokerTopic, VersionCap } from './config.ts'
export type { Control, ControlContext, ControlVerdict } from './control.ts'
