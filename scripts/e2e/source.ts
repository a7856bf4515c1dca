import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import { repositoryRoot } from "../setup/repository.ts";

const sample = join(repositoryRoot, "pipelines", "breweries", "sample", "breweries.json");
const columns = [
  ...["id", "name", "brewery_type", "address_1", "address_2", "address_3", "city", "state_province"],
  ...["postal_code", "country", "longitude", "latitude", "phone", "website_url"],
];

/**
 * Finds the CSV that the API serves and the tables are counted against.
 *
 * @param asked what the command line said
 * @param folder where the sample is written as a CSV when nothing was asked for, each id once
 * @throws UserError when the file is not there
 */
export function prepareCsv(asked: string | undefined, folder: string): string {
  if (asked !== undefined) {
    const file = resolve(process.env.INIT_CWD ?? process.cwd(), asked);
    if (!existsSync(file)) throw new UserError(`--source ${asked}: there is no such file`);
    return file;
  }
  const records = JSON.parse(readFileSync(sample, "utf8")) as Record<string, unknown>[];
  const once = new Map(records.map((record) => [record.id, record]));
  const lines = [...once.values()].map((record) => columns.map((name) => cell(record[name])).join(","));
  const file = join(folder, "breweries.csv");
  writeFileSync(file, `${[columns.join(","), ...lines].join("\n")}\n`);
  return file;
}

function cell(value: unknown): string {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
