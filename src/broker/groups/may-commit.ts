/** The code of why nothing may be committed, or what tells it of one partition; 0 where all may be. */
export type MayCommit = number | ((topicId: string, partition: number) => number)
