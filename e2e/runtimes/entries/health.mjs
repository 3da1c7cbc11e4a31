// Asks for health, over and over, until its input ends: prints the milliseconds of the slowest answer, and of processor
// time that the process of this id took meanwhile, which tells what it did from what the machine did.
import { readFileSync } from 'node:fs'
import { get } from 'node:http'

const [, , url, pid] = process.argv
// In hundredths of a second, behind the name, which may hold anything.
const used = () => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
let over = false
process.stdin.on('end', () => {
  over = true
})
process.stdin.resume()
let [slowest, work] = [0, 0]
while (!over) {
  const since = performance.now()
  const before = used()
  await new Promise(resolve => {
    get(url, { agent: false }, response => response.resume().on('end', resolve)).on('error', resolve)
  })
  slowest = Math.max(slowest, performance.now() - since)
  work = Math.max(work, used() - before)
  await new Promise(resolve => setTimeout(resolve, 10))
}
console.log(JSON.stringify({ slowest: Math.round(slowest), work }))
process.exit()
