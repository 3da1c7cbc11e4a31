import type { Judge } from './judge.ts'

/** Every call settles by its deadline. */
export const late: Judge = ({ history }) =>
  history.calls
    .filter(call => !call.void && (call.settledAt === undefined || call.settledAt > call.deadline))
    .map(({ by, what, at, settledAt, deadline }) => ({
      kind: 'late',
      what: `${what} of ${by}, called at ${at.toFixed(0)}, ${settledAt === undefined ? 'never settled' : `settled at ${settledAt.toFixed(0)}`}; ${deadline.toFixed(0)} was the latest`,
    }))
