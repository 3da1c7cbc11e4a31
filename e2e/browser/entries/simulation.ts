// In a page: a world with its cluster, its network and its hosts.
import { play } from '../../../test/simulation/play.ts'
import { onPage } from './on-page.ts'

onPage({ play })
