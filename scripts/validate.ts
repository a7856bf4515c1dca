import { enableCompileCache } from "node:module";

if (import.meta.main) {
  // Half of the time of a run in which nothing changed is the compiling of these modules.
  enableCompileCache();
  const { main } = await import("./validate/command.ts");
  // Whatever keeps it from ending by itself: nothing is known then.
  process.exitCode = 2;
  // Who reads no further, as `head` does, changes nothing of what was found.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    console.error(error);
  }
}
