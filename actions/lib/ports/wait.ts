/** Lets time pass, in milliseconds. */
export type Wait = (milliseconds: number) => Promise<void>;
