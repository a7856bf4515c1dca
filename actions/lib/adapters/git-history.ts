import type { History, Order } from "../ports/history.ts";
import { deepenClone } from "./deepen-clone.ts";
import type { GitOptions } from "./git.ts";
import { ProcessError, runProcess } from "./process.ts";

/**
 * The history of the repository on this machine. A shallow clone is deepened once, since what is cut off would look
 * as if it had never been.
 *
 * @param options where it is
 */
export function gitHistory(options: GitOptions): History {
  let whole: Promise<boolean> | undefined;
  const run: Run = async (args, stdin) => {
    if (whole !== undefined) {
      await whole;
      return call(options, args, stdin);
    }
    whole = deepenClone(options);
    // Side by side: hardly a clone is shallow, and then the answer is asked for again.
    const [deepened, early] = await Promise.allSettled([whole, call(options, args, stdin)]);
    if (deepened.status === "rejected") throw deepened.reason;
    if (deepened.value) return call(options, args, stdin);
    if (early.status === "rejected") throw early.reason;
    return early.value;
  };
  return {
    bumps: (environment, head) => bumps(run, environment, head),
    resolve: (name) => resolve(run, name),
    describe: (commit) => describe(run, commit),
    compare: (commit, others) => compare(run, commit, others),
    filesAt: (commit, folder) => filesAt(run, commit, folder),
    between: (from, to, limit) => between(run, from, to, limit),
  };
}

type Run = (args: readonly string[], stdin?: string) => Promise<Buffer>;

async function call(options: GitOptions, args: readonly string[], stdin?: string): Promise<Buffer> {
  const { stdout } = await runProcess({
    file: "git",
    args,
    cwd: options.root,
    env: { LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", ...options.env },
    ...(stdin === undefined ? {} : { stdin }),
  });
  return stdout;
}

async function bumps(run: Run, environment: string, head = "HEAD"): ReturnType<History["bumps"]> {
  const trailer = `Wavehouse-Environment: ${environment}`;
  // By ancestry, not by date: a clock that is wrong must not reorder them.
  const order = ["--topo-order", "--fixed-strings", `--grep=${trailer}`];
  // A rebase keeps the author's time, which is before anything ran.
  const found = (await run(["log", "-z", ...order, "--format=%H%n%cI%n%B", head])).toString().split("\0");
  return found
    .map((text) => {
      const [commit = "", date = "", ...lines] = text.split("\n");
      return { commit, date, message: lines.join("\n") };
    })
    .filter(({ message }) => message.split("\n").includes(trailer));
}

async function resolve(run: Run, name: string): Promise<string | undefined> {
  try {
    const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`];
    return (await run(args)).toString().trim();
  } catch (error) {
    if (error instanceof ProcessError && error.failure === "exit") return undefined;
    throw error;
  }
}

async function describe(run: Run, commit: string): ReturnType<History["describe"]> {
  const format = "--format=%H%x00%an <%ae>%x00%aI%x00%s%x00%b";
  const text = await run(["log", "-1", format, "--end-of-options", commit]).then(String, async (error) => {
    if ((await resolve(run, commit)) !== undefined) throw error;
  });
  if (text === undefined) return undefined;
  const [id = "", author = "", date = "", subject = "", body = ""] = text.split("\0");
  return { commit: id, author, date, subject, body: body.trim() };
}

async function compare(run: Run, commit: string, others: readonly string[]): Promise<Map<string, Order>> {
  const distinct = [...new Set(others)];
  const known = await existing(run, [commit, ...distinct]);
  const orders = new Map<string, Order>();
  for (const other of distinct) orders.set(other, other === commit ? "same" : "unknown");
  const open = distinct.filter((other) => other !== commit && known.has(other));
  if (!known.has(commit) || open.length === 0) return orders;
  // The usual case in one call: all of the others are ancestors.
  const ahead = await run(["rev-list", "--max-count=1", "--stdin"], `${open.join("\n")}\n^${commit}\n`);
  if (ahead.length === 0) {
    for (const other of open) orders.set(other, "after");
    return orders;
  }
  for (const other of open) {
    if (await isAncestor(run, other, commit)) orders.set(other, "after");
    else orders.set(other, (await isAncestor(run, commit, other)) ? "before" : "unrelated");
  }
  return orders;
}

async function existing(run: Run, commits: readonly string[]): Promise<Set<string>> {
  const text = (await run(["cat-file", "--batch-check"], `${commits.join("\n")}\n`)).toString();
  const lines = text.split("\n").filter((line) => line.includes(" commit "));
  return new Set(lines.map((line) => line.slice(0, 40)));
}

async function isAncestor(run: Run, ancestor: string, commit: string): Promise<boolean> {
  try {
    await run(["merge-base", "--is-ancestor", ancestor, commit]);
    return true;
  } catch (error) {
    if (error instanceof ProcessError && error.exitCode === 1) return false;
    throw error;
  }
}

async function filesAt(run: Run, commit: string, folder: string): Promise<Map<string, string>> {
  const listing = (await run(["ls-tree", "-r", "-z", commit, "--", `${folder}/`])).toString();
  const files = listing.split("\0").flatMap((line) => {
    const tab = line.indexOf("\t");
    const [, type, object = ""] = line.slice(0, tab).split(" ");
    return type === "blob" ? [{ path: line.slice(tab + 1), object }] : [];
  });
  const texts = new Map<string, string>();
  if (files.length === 0) return texts;
  const output = await run(["cat-file", "--batch"], `${files.map(({ object }) => object).join("\n")}\n`);
  let at = 0;
  for (const { path } of files) {
    const end = output.indexOf(10, at);
    const size = Number(output.subarray(at, end).toString().split(" ")[2]);
    texts.set(path, output.subarray(end + 1, end + 1 + size).toString());
    at = end + 1 + size + 1;
  }
  return texts;
}

async function between(run: Run, from: string, to: string, limit: number): ReturnType<History["between"]> {
  const known = await existing(run, [from, to]);
  if (!known.has(from) || !known.has(to)) return [];
  const text = await run(["log", "-z", "--format=%H%n%s", `--max-count=${limit}`, to, `^${from}`]);
  return text
    .toString()
    .split("\0")
    .filter((entry) => entry !== "")
    .map((entry) => ({ commit: entry.slice(0, 40), subject: entry.slice(41).trimEnd() }));
}
