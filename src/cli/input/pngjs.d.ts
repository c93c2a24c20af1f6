/** The only function of pngjs in use. The package has no types. */
declare module 'pngjs' {
  export const PNG: {
    readonly sync: {
      read(data: Buffer): { readonly width: number; readonly height: number; readonly data: Buffer; readonly depth: number };
    };
  };
}
