/** To be imported before a program: has it fail at SIGUSR2, long after its start and outside of every call, as OTPD_TEST_FAULT says. */

/** Text that no log may hold. */
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

process.on('SIGUSR2', () => {
  switch (process.env['OTPD_TEST_FAULT']) {
    case 'stuck':
      // Nothing that is closed in order ever gets done.
      AsyncDisposableStack.prototype.disposeAsync = () => new Promise(() => undefined);
      throw new TypeError(`planted: ${SECRET}`);
    case 'rejection':
      void Promise.reject(new TypeError(`planted: ${SECRET}`));
      break;
    case 'rejected text':
      void Promise.reject(`planted: ${SECRET}`);
      break;
    default:
      throw new TypeError(`planted: ${SECRET}`);
  }
});

export {};
