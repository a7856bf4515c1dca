import {
  type PythonEnvironment,
  type PythonOptions,
  preparePython as prepareFrom,
} from "../../actions/lib/adapters/python-environment.ts";
import { runtimeDir } from "./repository.ts";

export type { PythonEnvironment, PythonOptions };

/**
 * Makes the Python environment of the runtime's own lock, once.
 *
 * @param options of how it is made; `locks` is another folder with a lock
 * @returns where it is
 * @throws UserError without a fitting Python, without the network on the first use, or when a hash differs
 */
export function preparePython(
  options: Omit<PythonOptions, "locks"> & { locks?: string },
): Promise<PythonEnvironment> {
  return prepareFrom({ locks: runtimeDir, ...options });
}
