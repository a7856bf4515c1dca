import type { loopTools } from "../setup/go.ts";
import type { Prepared } from "../setup/prepare.ts";
import type { Cleanup } from "./cleanup.ts";
import type { DemoOptions } from "./options.ts";
import type { StepPrinter } from "./print.ts";
import type { Scratch } from "./scratch.ts";
import type { DemoFolders } from "./state.ts";

/** The pipeline that the demo runs. */
export const demoPipeline = "breweries";

/** What every step of the demo works with. */
export interface Demo {
  checkout: string;
  options: DemoOptions;
  folders: DemoFolders;
  prepared: Prepared<(typeof loopTools)[number]>;
  scratch: Scratch;
  print: StepPrinter;
  cleanup: Cleanup;
}
