import type { Logger } from "../ports/logger.ts";

/** A `Logger` that keeps what it was told. */
export interface SilentLogger extends Logger {
  readonly lines: readonly string[];
}

/** @returns a logger that prints nothing */
export function silentLogger(): SilentLogger {
  const lines: string[] = [];
  return {
    lines,
    info: (message) => void lines.push(message),
    warning: (message) => void lines.push(`warning: ${message}`),
    group: (_, work) => work(),
  };
}
