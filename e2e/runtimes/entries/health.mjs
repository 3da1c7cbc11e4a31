// Asks for health, over and over, until its input ends: prints the milliseconds of the slowest answer.
import { get } from 'node:http'

const [, , url] = process.argv
let over = false
process.stdin.on('end', () => {
  over = true
})
process.stdin.resume()
let slowest = 0
while (!over) {
  const since = performance.now()
  await new Promise(resolve => {
    get(url, { agent: false }, response => response.resume().on('end', resolve)).on('error', resolve)
  })
  slowest = Math.max(slowest, performance.now() - since)
  await new Promise(resolve => setTimeout(resolve, 10))
}
console.log(Math.round(slowest))
process.exit()
