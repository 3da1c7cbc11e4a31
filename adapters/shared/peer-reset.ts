/** Apart from the words for all else, which a Worker's bundle has no use for. */
export const peerReset = 'the peer reset the connection'
