/** The port for the uses of sealing keys: by it an operator sees which key is still needed. */

/** Written once a day and key by each process, whatever is sealed and opened; no more keys are in it than ever were in the ring. */
export interface SealingKeyUses {
  /** The last day on which a blob was sealed or opened under each key, in days since the epoch, by the id of the key. */
  lastDays(): Promise<ReadonlyMap<string, number>>;
  /** Moves the days of keys forward; a day before the one that is kept changes nothing. */
  noteDays(days: ReadonlyMap<string, number>): Promise<void>;
}
