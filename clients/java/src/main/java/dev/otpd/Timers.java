package dev.otpd;

import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A schedule for later work: pauses before retries, deadlines in batches. All clients share one thread, which keeps no program alive. */
final class Timers {
  private static final ScheduledThreadPoolExecutor TIMERS = make();

  private Timers() {}

  /** Runs a short task after some nanoseconds. The result cancels the task. */
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
