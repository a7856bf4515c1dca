import type { Finding } from "../domain/finding.ts";

/** A pipeline, as far as loading it needs to know. */
export interface LoadedPipeline {
  name: string;
  /** Path of its `pipeline.yaml`, from the repository's root. */
  file: string;
  /** Paths of its Python files. */
  python: readonly string[];
  /** Functions of them that the pipeline names. */
  hooks: readonly { file: string; function: string }[];
}

/** Tries in Python what would otherwise fail only where the pipelines run. */
export interface PipelineLoader {
  /** Changes with the packages and the program that loads. */
  key(): Promise<string>;
  /**
   * Compiles and imports the pipelines' Python, and loads their DAGs in Airflow.
   *
   * @returns what is wrong
   * @throws UserError when it could not be tried
   */
  load(pipelines: readonly LoadedPipeline[]): Promise<Finding[]>;
}
