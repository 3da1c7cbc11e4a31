import * as all from './exports.ts'

export * from './exports.ts'
/** For `import kafkajs from …`, which kafkajs, being CommonJS, allows. */
export default { ...all }
