package dev.otpd;

import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** What has to happen later: pauses before retries, deadlines in batches. One thread for all clients, which keeps no program alive. */
final class Timers {
  private static final ScheduledThreadPoolExecutor TIMERS = make();

  private Timers() {}

  /** Runs something short after some nanoseconds; what is given back takes it off again. */
  static Runnable after(long nanoseconds, Runnable task) {
    var timer = TIMERS.schedule(task, nanoseconds, TimeUnit.NANOSECONDS);
    return () -> timer.cancel(false);
  }

  private static ScheduledThreadPoolExecutor make() {
    var timers = new ScheduledThreadPoolExecutor(1, task -> {
      Thread thread = new Thread(task, "otpd-timers");
      thread.setDaemon(true);
      return thread;
    });
    timers.setRemoveOnCancelPolicy(true);
    return timers;
  }
}
