import { int16, int32 } from '../schema/scalars.ts'
import { versioned } from './versioned.ts'

/** The key of a control record: 0 abort, 1 commit; the others are the quorum's own. */
export const ControlRecordType = versioned({ name: 'ControlRecordType', maxVersion: 0, fields: { type: int16 } })

/** The value of an abort or commit record. */
export const EndTxnMarker = versioned({ name: 'EndTxnMarker', maxVersion: 0, fields: { coordinatorEpoch: int32 } })
