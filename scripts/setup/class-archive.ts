import { runProcess } from "../../actions/lib/adapters/process.ts";
import { runtimeDir } from "./repository.ts";

/**
 * Makes the class archive of local Spark where it is missing: with it a Spark job starts in less than half the time.
 *
 * @param place the environment's Python, Java's home, the folder of the jars; of which table format's jobs
 * @returns the archive's path
 * @throws ProcessError when the jobs that fill it fail
 */
export async function prepareClassArchive(place: {
  python: string;
  javaHome: string;
  jars: string;
  format?: "delta" | "iceberg";
}): Promise<string> {
  const { stdout } = await runProcess({
    file: place.python,
    args: ["-m", "wavehouse.class_archive", place.format ?? "delta"],
    cwd: runtimeDir,
    env: {
      PYTHONPATH: runtimeDir,
      PYTHONDONTWRITEBYTECODE: "1",
      JAVA_HOME: place.javaHome,
      WAVEHOUSE_JARS: place.jars,
      SPARK_LOCAL_IP: "127.0.0.1",
    },
    timeoutMs: 5 * 60_000,
  });
  return stdout.toString().trim();
}
