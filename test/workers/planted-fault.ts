/** Import this before a program: the program fails at SIGUSR2, long after its start and outside every call, as OTPD_TEST_FAULT says. */

/** Text that no log may contain. */
const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

process.on('SIGUSR2', () => {
  switch (process.env['OTPD_TEST_FAULT']) {
    case 'stuck':
      // An orderly stop never completes.
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
