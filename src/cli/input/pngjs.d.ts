/** The one function of pngjs that is used; the package has no types. */
declare module 'pngjs' {
  export const PNG: {
    readonly sync: {
      read(data: Buffer): { readonly width: number; readonly height: number; readonly data: Buffer; readonly depth: number };
    };
  };
}
