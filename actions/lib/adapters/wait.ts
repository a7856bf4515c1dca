import { setTimeout } from "node:timers/promises";
import type { Wait } from "../ports/wait.ts";

/** Waits by this machine's clock. */
export const wait: Wait = (milliseconds) => setTimeout(milliseconds);
