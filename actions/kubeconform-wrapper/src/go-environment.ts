export interface ToolOptions {
  /** The folder with one folder per tool, each with its `go.mod` and `go.sum`. */
  toolsDir: string;
  /** The cache's root; `cacheRoot(env)` when not said. */
  cacheDir?: string;
  env?: NodeJS.ProcessEnv;
  /** Takes a line when a build takes longer than two seconds; standard error when not said. */
  log?: (line: string) => void;
}

/** Go's environment, without what a caller's shell may have set that would change what is built. */
export function goEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { GOOS: _os, GOARCH: _arch, ...rest } = env;
  return { ...rest, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" };
}
