// @ts-check
// typedoc reads programs through the compiler's old interface, which TypeScript 7 no longer has: it is given the one that the bundled
// declarations are made with, too.

/** @type {import('node:module').ResolveHook} */
export const resolve = (specifier, context, next) =>
  next(specifier === 'typescript' ? '@typescript/typescript6' : specifier, context)
