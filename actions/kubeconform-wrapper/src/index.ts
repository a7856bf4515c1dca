export { buildOnce } from "./build-once.ts";
export { cacheRoot } from "./cache-root.ts";
export type { ObjectProblem } from "./object-problems.ts";
export { prepareCrdSchemas, prepareSchemas, type SchemaOptions } from "./prepare-schemas.ts";
export { resolveGoTool, type ToolOptions } from "./resolve-go-tool.ts";
export { type ProcessOptions, type ProcessResult, runProcess } from "./run-process.ts";
export { ToolError } from "./tool-error.ts";
export { type ObjectResult, type ValidateOptions, validateStream } from "./validate-stream.ts";
