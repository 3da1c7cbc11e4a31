// In a page: runs the contract's cases as it is told.
import { natives, websocket } from '../../../adapters/websocket/index.ts'
import { open, outcomeOf, type Running, type Target } from '../../runtimes/entries/target.ts'
import { onPage } from './on-page.ts'

let running: Running

onPage({
  /** Brokers over TCP are behind the bridge. */
  async begin({ target, bridge }: { target: Target; bridge: string }) {
    const adapter = websocket({ url: bridge, token: async () => (await fetch('/token')).text() })
    running = open(target, adapter, natives)
  },
  async run(name: string) {
    return outcomeOf(running.cases.find(each => each.name === name)!)
  },
  async end() {
    await running.close()
  },
})
