import { join } from "node:path";

/** The checkout that these scripts stand in. */
export const repositoryRoot = join(import.meta.dirname, "..", "..");

/** The folder with the pinned tools. */
export const toolsDir = join(repositoryRoot, "scripts", "tools");

/** The folder with the locks of Python and Java. */
export const runtimeDir = join(repositoryRoot, "pipelines", "runtime");
