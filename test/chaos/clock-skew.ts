/** Sets the clock of a server ahead by OTPD_TEST_CLOCK_SKEW_MS. The server loads this module with `node --import`. */
const skewMs = Number(process.env['OTPD_TEST_CLOCK_SKEW_MS']);
const machineNow = Date.now;

globalThis.Date = class extends Date {
  constructor(...moment: unknown[]) {
    super(...((moment.length === 0 ? [machineNow() + skewMs] : moment) as [number]));
  }

  static override now(): number {
    return machineNow() + skewMs;
  }
} as DateConstructor;
