import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { KubernetesObject } from "./objects.ts";

/** A program and the arguments that always go first. */
export interface Program {
  file: string;
  args: readonly string[];
}

const run = promisify(execFile);

/** kubectl, told which cluster. */
export class Kubectl {
  readonly program: Program;

  /** @param program kubectl's path and the arguments that choose the cluster */
  constructor(program: Program) {
    this.program = program;
  }

  /**
   * Runs kubectl.
   *
   * @returns what it printed
   * @throws Error with what it said when it fails, or takes longer than a minute
   */
  async run(...args: readonly string[]): Promise<string> {
    return (await this.#start(...args)).stdout;
  }

  #start(...args: readonly string[]) {
    const { file, args: first } = this.program;
    return run(file, [...first, ...args], { maxBuffer: 256 * 1024 * 1024, timeout: 60_000 });
  }

  /** Makes objects; throws when one is there already. */
  async create(objects: readonly object[]): Promise<void> {
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    const made = this.#start("create", "--filename=-");
    made.child.stdin?.end(list);
    await made;
  }

  /**
   * Reads a collection of objects.
   *
   * @param kind as kubectl names it, for instance `pods`
   * @param args the namespace or `--all-namespaces`, and selectors
   */
  async list<T extends KubernetesObject>(kind: string, ...args: readonly string[]): Promise<T[]> {
    const body = JSON.parse(await this.run("get", kind, ...args, "-o", "json")) as { items: T[] };
    return body.items;
  }

  /** Reads one object; undefined when there is none. */
  async find<T extends KubernetesObject>(
    kind: string,
    name: string,
    namespace: string,
  ): Promise<T | undefined> {
    const text = await this.run("get", kind, name, "-n", namespace, "--ignore-not-found", "-o", "json");
    return text.trim() === "" ? undefined : (JSON.parse(text) as T);
  }
}
