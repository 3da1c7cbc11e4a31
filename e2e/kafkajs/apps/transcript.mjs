const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** What a program saw, in words that are the same from run to run. */
export class Transcript {
  #steps = {}
  #told = []
  #waiting = []

  /** `prefix` is what its names begin with. */
  constructor(prefix) {
    this.note = (step, value) => {
      this.#steps[step] = value
    }
    /** What comes when it comes, in no order. */
    this.told = (name, value) => {
      this.#told.push({ [name]: value })
      for (const look of [...this.#waiting]) look()
    }
    /** Waits until so much has come. */
    this.told.times = count =>
      new Promise(resolve => {
        const look = () => this.#told.length >= count && resolve()
        this.#waiting.push(look)
        look()
      })
    this.print = () => {
      const told = this.#told.map(each => JSON.stringify(each)).sort()
      const text = JSON.stringify({ ...this.#steps, told: told.map(each => JSON.parse(each)) }, shown)
      console.log(text.replaceAll(prefix, '<prefix>').replace(uuid, '<uuid>'))
    }
  }
}

function shown(_key, value) {
  if (value instanceof Error) return { ...value, name: value.name, message: value.message, stack: undefined }
  if (value?.type === 'Buffer') return { Buffer: Buffer.from(value.data).toString() }
  return typeof value === 'bigint' ? `${value}` : value
}
