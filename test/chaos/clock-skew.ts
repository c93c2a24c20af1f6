/** Loaded before the server (`node --import`): its clock is ahead of the machine's by OTPD_TEST_CLOCK_SKEW_MS. */
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
