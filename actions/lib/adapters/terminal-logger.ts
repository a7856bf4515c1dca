import type { Logger } from "../ports/logger.ts";

/**
 * @param write where the lines go, standard error unless told: standard output belongs to a program's result
 * @returns a logger for a person at a terminal
 */
export function terminalLogger(write: (text: string) => void = (text) => process.stderr.write(text)): Logger {
  return {
    info: (message) => write(`${message}\n`),
    warning: (message) => write(`warning: ${message}\n`),
    group: async (name, work) => {
      write(`${name}\n`);
      const start = performance.now();
      try {
        return await work();
      } finally {
        const seconds = (performance.now() - start) / 1000;
        if (seconds > 2) write(`${name}: ${seconds.toFixed(1)} s\n`);
      }
    },
  };
}
