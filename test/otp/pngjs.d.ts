/** The one function of pngjs that the tests use; the package has no types. */
declare module 'pngjs' {
  export const PNG: {
    readonly sync: {
      read(data: Buffer): { readonly width: number; readonly height: number; readonly data: Buffer; readonly depth: number };
    };
  };
}
