export { RequiredAcks } from '../protocol/acks.ts'
