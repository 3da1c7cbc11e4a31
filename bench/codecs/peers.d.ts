// The peers that bring no types, as far as they are used here.
declare module 'lz4js' {
  export function compress(bytes: Uint8Array): Uint8Array
  export function decompress(bytes: Uint8Array): Uint8Array
}
declare module 'snappyjs' {
  export function compress(bytes: Uint8Array): Uint8Array
  export function uncompress(bytes: Uint8Array): Uint8Array
}
