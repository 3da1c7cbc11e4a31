// Java's SnappyOutputStream puts raw snappy into chunks: this, then version and oldest compatible version, then each
// chunk's length and bytes.
export const magic = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]
export const streamHeader = magic.length + 8
