import type { CallsOf, Options } from './call.ts'
import { type FetchRequest, type FetchResponse, fetch, fetchSettings } from './fetch.ts'
import {
  type ProduceRequest,
  type ProduceResponse,
  produce,
  produceSettings,
  type RawProduceRequest,
  rawProduce,
  rawProduceSettings,
} from './produce.ts'

/** Records of single partitions. */
export interface RecordCalls {
  /** Writes one batch to one partition. */
  produce(request: ProduceRequest, ...options: Options): Promise<ProduceResponse>
  /** Writes a batch that is encoded already. */
  rawProduce(request: RawProduceRequest, ...options: Options): Promise<ProduceResponse>
  /** Reads a partition from an offset on. */
  fetch(request: FetchRequest, ...options: Options): Promise<FetchResponse>
}

export const recordCalls: CallsOf<RecordCalls> = {
  produce: { fields: produceSettings, run: produce },
  rawProduce: { fields: rawProduceSettings, run: rawProduce },
  fetch: { fields: fetchSettings, run: fetch },
}
