// `#adapter` of the runtime at hand, for folders with a package.json of their own.
export { adapter, natives } from '#adapter'
