import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { repositoryRoot } from "../setup/repository.ts";
import type { E2e } from "./context.ts";
import { readSecret } from "./secrets.ts";

/** The pipeline that reads the shop. */
export const shopPipeline = join(repositoryRoot, "pipelines", "ecommerce", "pipeline.yaml");

const expected = join(repositoryRoot, "pipelines", "ecommerce", "tests", "expected");
const timeoutMs = 120_000;

/** What of a pipeline decides which versions of a row its runs can see. */
interface Pipeline {
  spec: {
    tables: { name: string; keys: string[]; load: { deletes?: { mode: string } } }[];
    marts: { name: string }[];
  };
}

/** The platform's database `shop`: filled as a shop fills it, and asked what a pipeline must make of it. */
export class ShopDatabase {
  readonly #kubectl: E2e["kubectl"];
  readonly #pipeline: Pipeline;

  private constructor(kubectl: E2e["kubectl"], pipeline: Pipeline) {
    this.#kubectl = kubectl;
    this.#pipeline = pipeline;
  }

  static async open({ kubectl }: Pick<E2e, "kubectl">): Promise<ShopDatabase> {
    return new ShopDatabase(kubectl, parse(await readFile(shopPipeline, "utf8")) as Pipeline);
  }

  /** Whether somebody has filled it already. */
  async isFilled(): Promise<boolean> {
    return (await this.run("SELECT count(*) FROM pg_tables WHERE schemaname = 'shop';\n")).trim() !== "0";
  }

  /** Removes all that a shop and its expectations have made; who may read what comes next stays. */
  async empty(): Promise<void> {
    await this.run(`DROP SCHEMA IF EXISTS gold, silver, expected CASCADE;
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'shop' LOOP
    EXECUTE format('DROP TABLE shop.%I CASCADE', name);
  END LOOP;
END $$;
`);
  }

  /** Makes the views of what is expected. */
  async expect(): Promise<void> {
    for (const name of ["versions", "silver", "gold"])
      await this.run(await readFile(join(expected, `${name}.sql`), "utf8"));
  }

  /** Takes note of what an ingest has seen, for the versions of what changes later. */
  async observe(run: number, day: string): Promise<void> {
    const calls = this.#pipeline.spec.tables.map(({ name, keys, load }) => {
      const snapshot = load.deletes?.mode === "snapshot";
      return `SELECT expected.observe('${name}', '{${keys.join(",")}}', ${run}, '${day}', ${snapshot});\n`;
    });
    await this.run(calls.join(""));
  }

  /** What PostgreSQL makes of the shop, as `compare_shop.py` reads it. */
  async expectedRows(): Promise<string> {
    const { "pii-key": key = "" } = await readSecret(this.#kubectl, "shop", "management");
    const { tables, marts } = this.#pipeline.spec;
    const names = [...tables.map(({ name }) => `silver.${name}`), ...marts.map(({ name }) => `gold.${name}`)];
    const queries = names.map(
      (name) =>
        `SELECT '${name}';\nSELECT '${name}' || E'\\t' || (to_jsonb(found) - '_') ` +
        `FROM (SELECT '' AS _, made.* FROM ${name} AS made) AS found;\n`,
    );
    return this.run(`SET TimeZone = 'UTC';\nSET shop.pii_key = '${key}';\n${queries.join("")}`);
  }

  /** Runs a script as the server's own superuser, from within its pod: nobody else may write there. */
  async run(script: string): Promise<string> {
    const psql = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", "shop", "-f", "-"];
    const pod = ["--stdin", "--namespace=database", "postgres-0", "--container=postgres"];
    const { stdout } = await this.#kubectl.cluster.run(["exec", ...pod, "--", ...psql], {
      stdin: script,
      timeoutMs,
    });
    return stdout.toString();
  }
}
