/** Where progress goes: a step's log in Actions, standard error on a laptop. */
export interface Logger {
  info(message: string): void;
  warning(message: string): void;
  /** A named part of the work; its time is printed when it took longer than two seconds. */
  group<T>(name: string, work: () => Promise<T>): Promise<T>;
}
