// In workerd: runs one case within one request, and answers its outcome.
import { adapter, natives } from '../../../test/support/own-adapter.ts'
import { open, outcomeOf, type Target } from './target.ts'

export default {
  async fetch(request: Request): Promise<Response> {
    const { target, name } = (await request.json()) as { target: Target; name: string }
    const { cases, close } = open(target, adapter, natives)
    const outcome = await outcomeOf(cases.find(each => each.name === name)!)
    await close()
    return Response.json(outcome)
  },
}
