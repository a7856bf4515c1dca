import { join } from "node:path";
import type { loopTools, testTools } from "../setup/go.ts";
import type { Prepared } from "../setup/prepare.ts";
import { repositoryRoot, runtimeDir } from "../setup/repository.ts";
import { type Counts, countCheck, countPytest, countVitest } from "./counts.ts";

/** All that a part may need: every tool, Python, Java and the jars. */
export type Tools = Prepared<(typeof loopTools)[number] | (typeof testTools)[number]>;

/** A program that a part runs. */
export interface Program {
  file: string;
  args: readonly string[];
  cwd: string;
  env?: Readonly<Record<string, string>>;
  /** Where the program writes the report that is counted. */
  report?: string;
}

/** One part of the tests. */
export interface Part {
  name: string;
  /** What it checks, in a few words. */
  about: string;
  count: (report: string | undefined, exitCode: number) => Counts;
  /** How it is run: with nothing but the npm packages, or with what `prepare` made. */
  program:
    | { needs: "node"; make: (folder: string) => Program }
    | { needs: "tools"; make: (folder: string, tools: Tools) => Program };
}

/** All the Python there is, from the runtime's folder, whose `pyproject.toml` holds the rules. */
const PYTHON = ["wavehouse", "tests", "images", "../../scripts/demo", "../../scripts/validate"];

/** The pipelines' own Python and their tests. */
const PIPELINES = ["../ecommerce"];

/** Parts that run one after the other, beside the other lane: two cores, and each lane has one heavy part. */
export const lanes: readonly (readonly Part[])[] = [
  [
    check("biome", "formatting and lint of TypeScript and JSON", "biome", ["ci", "--colors=off", "."]),
    check("tsc", "types", "tsc", ["--noEmit"]),
    script(
      "generated",
      "manifests, the pipelines' type and the READMEs' tables are not stale",
      "generate.ts",
    ),
    script("dist", "the bundles are what the sources give", "build.ts"),
    {
      name: "actionlint",
      about: "workflows, and the shell in them",
      count: (_, exitCode) => countCheck(exitCode),
      program: {
        needs: "tools",
        make: (_, { tools }) => ({ file: tools.actionlint, args: ["-no-color"], cwd: repositoryRoot }),
      },
    },
    {
      name: "validate",
      about: "the repository itself, by `npm run validate`",
      count: (_, exitCode) => countCheck(exitCode),
      program: {
        needs: "tools",
        make: () => ({
          file: process.execPath,
          args: [join(repositoryRoot, "scripts/validate.ts")],
          cwd: repositoryRoot,
        }),
      },
    },
    {
      name: "vitest",
      about: "units, properties, bundles, and workflows under act",
      count: countVitest,
      program: {
        needs: "tools",
        make: (folder, tools) => {
          const report = join(folder, "vitest.json");
          return {
            file: nodeProgram("vitest"),
            args: ["run", "--reporter=dot", "--reporter=json", `--outputFile.json=${report}`],
            cwd: repositoryRoot,
            env: environment(tools),
            report,
          };
        },
      },
    },
    pytest("pipelines", "each pipeline, against an independent computation", PIPELINES),
  ],
  [
    python(
      "zizmor",
      "security of the workflows",
      "zizmor",
      ["--offline", "--no-progress", "--persona=pedantic", ".github", "actions"],
      repositoryRoot,
    ),
    python("ruff", "lint of Python", "ruff", ["check", ...PYTHON, ...PIPELINES], runtimeDir),
    python(
      "ruff-format",
      "formatting of Python",
      "ruff",
      ["format", "--check", ...PYTHON, ...PIPELINES],
      runtimeDir,
    ),
    python("mypy", "types of Python", "mypy", PYTHON, runtimeDir),
    // By itself: a pipeline's tests have a conftest of their own, and one name is one module.
    python("mypy-pipelines", "types of the pipelines' Python", "mypy", PIPELINES, runtimeDir),
    pytest("pytest", "the runtime, on real local Spark", ["tests"]),
  ],
];

/** The JVM, the jars and the programs that the tests start, found by nobody but `prepare`. */
function environment({ java, jars, python: { bin }, tools }: Tools): Record<string, string> {
  return {
    JAVA_HOME: java.home,
    SPARK_LOCAL_IP: "127.0.0.1",
    WAVEHOUSE_JARS: jars,
    WAVEHOUSE_CRANE: tools.crane,
    WAVEHOUSE_VERSITYGW: tools.versitygw,
    PATH: `${bin}:${process.env.PATH ?? ""}`,
  };
}

function check(name: string, about: string, program: string, args: readonly string[]): Part {
  return {
    name,
    about,
    count: (_, exitCode) => countCheck(exitCode),
    program: { needs: "node", make: () => ({ file: nodeProgram(program), args, cwd: repositoryRoot }) },
  };
}

function script(name: string, about: string, file: string): Part {
  return {
    name,
    about,
    count: (_, exitCode) => countCheck(exitCode),
    program: {
      needs: "node",
      make: () => ({
        file: process.execPath,
        args: [join(repositoryRoot, "scripts", file), "--check"],
        cwd: repositoryRoot,
      }),
    },
  };
}

function python(name: string, about: string, program: string, args: readonly string[], cwd: string): Part {
  return {
    name,
    about,
    count: (_, exitCode) => countCheck(exitCode),
    program: { needs: "tools", make: (_, tools) => ({ file: join(tools.python.bin, program), args, cwd }) },
  };
}

function pytest(name: string, about: string, folders: readonly string[]): Part {
  return {
    name,
    about,
    count: countPytest,
    program: {
      needs: "tools",
      make: (folder, tools) => {
        const report = join(folder, `${name}.xml`);
        return {
          file: tools.python.python,
          // Said, as a pipeline's folder is beside the file and not below it.
          args: ["-m", "pytest", "-c", "pyproject.toml", "--color=no", `--junit-xml=${report}`, ...folders],
          cwd: runtimeDir,
          env: environment(tools),
          report,
        };
      },
    },
  };
}

function nodeProgram(name: string): string {
  return join(repositoryRoot, "node_modules", ".bin", name);
}
