import type { Chance } from '../chance.ts'
import type { Running } from '../workloads/workload.ts'
import type { World } from '../world.ts'

export interface Scene {
  readonly world: World
  readonly chance: Chance
  readonly running: readonly Running[]
  /** Whether it still goes on: faults end, and mend, when it is over. */
  readonly isOver: () => boolean
  /** Waits in the world's time, but no longer than the scene lasts. */
  sleep(milliseconds: number): Promise<void>
  /** It happened, to something that was there to be hit. */
  bit(what: string): void
}

/** Something that goes wrong. `play` ends when the scene is over, and leaves nothing broken. */
export interface Fault {
  readonly name: string
  /** It keeps no host, nor its way to a coordinator, from working. */
  readonly gentle?: boolean
  /** Settings of brokers without which it does nothing. */
  readonly configs?: Readonly<Record<string, string>>
  play(scene: Scene): Promise<void>
}

/** A fault that comes now and then, lasts for a while, and is mended. */
export function recurring(
  name: string,
  { every, lasts, ...traits }: { every: number; lasts: number } & Pick<Fault, 'gentle' | 'configs'>,
  strike: (scene: Scene) => (() => void) | undefined,
): Fault {
  return {
    name,
    ...traits,
    async play(scene) {
      for (;;) {
        await scene.sleep(scene.chance.wait(every))
        if (scene.isOver()) return
        const mend = strike(scene)
        if (lasts > 0) await scene.sleep(scene.chance.wait(lasts))
        mend?.()
      }
    },
  }
}
