import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { SchemaCheck } from "./check-schema.ts";
import { PIPELINE_SCHEMA } from "./pipeline-schema.ts";

const BREWERIES = readFileSync(
  join(import.meta.dirname, "../../../pipelines/breweries/pipeline.yaml"),
  "utf8",
);
const check = new SchemaCheck(PIPELINE_SCHEMA);

function told(from: string, to: string): string[] {
  if (!BREWERIES.includes(from)) throw new Error(`there is no ${JSON.stringify(from)}`);
  return check.check(parse(BREWERIES.replace(from, to))).map(({ pointer, at, rule, message, fix }) => {
    return `${at} ${pointer} ${rule.replace("pipeline/", "")}: ${message}; ${fix}`;
  });
}

describe("one mistake is one problem, at its key or its value", () => {
  const table = "/spec/tables/0";
  const id = `${table}/columns/id`;
  const source = "/spec/sources/openbrewerydb";
  const cases: [from: string, to: string, told: string][] = [
    [
      "partitionBy",
      "partitonBy",
      `key ${table}/partitonBy unknown-key: unknown key \`partitonBy\` in \`tables[0]\`; did you mean \`partitionBy\`?`,
    ],
    [
      "source: openb",
      "soruce: openb",
      `key ${table}/soruce unknown-key: unknown key \`soruce\` in \`tables[0]\`; did you mean \`source\`?`,
    ],
    [
      "owner:",
      "team: x\n  owner:",
      "key /metadata/team unknown-key: unknown key `team` in `metadata`; remove it",
    ],
    [
      "keys: [id]",
      "keys: id",
      `value ${table}/keys wrong-type: \`keys\` is the text \`id\`; write \`keys: [id]\``,
    ],
    ["keys: [id]", "keys:", `key ${table}/keys wrong-type: \`keys\` is empty; write it, or remove the key`],
    ["keys: [id]", "keys: []", `key ${table}/keys empty: \`keys\` is empty; add one, or remove the key`],
    ["keys: [id]", "keys: [id, id]", `value ${table}/keys/1 repeated: \`keys\` repeats its item 1; drop it`],
    [
      "keys: [id]",
      "keys: [5]",
      `value ${table}/keys/0 wrong-type: \`keys[0]\` is the number \`5\`; quote it: \`"5"\``,
    ],
    [
      "source: openbrewerydb",
      "source: ''",
      `key ${table}/source empty: \`source\` is empty; write it, or remove the key`,
    ],
    [
      "value: 200",
      'value: "200"',
      `value ${source}/pages/size/value wrong-type: \`value\` is the text \`200\`; drop the quotes`,
    ],
    [
      "value: 200",
      "value: 2.5",
      `value ${source}/pages/size/value wrong-type: \`value\` is the number \`2.5\`; write it so`,
    ],
    [
      "value: 200",
      "value: 0",
      `value ${source}/pages/size/value out-of-range: \`value\` is 0; write a number of at least 1`,
    ],
    [
      "timeoutSeconds: 30",
      "timeoutSeconds: 0",
      `value ${source}/timeoutSeconds out-of-range: \`timeoutSeconds\` is 0; write a number of more than 0`,
    ],
    [
      "total: { path: /meta, field: total }",
      "total: /meta",
      `value ${source}/total wrong-type: \`total\` is the text \`/meta\`; write a mapping with \`path\`, \`field\``,
    ],
    [
      "write: merge",
      "write: merg",
      `value ${table}/write not-allowed: \`write\` is the text \`merg\`; did you mean \`merge\`?`,
    ],
    [
      "wavehouse.dev/v1",
      "v1",
      "value /apiVersion not-allowed: `apiVersion` is the text `v1`; write `wavehouse.dev/v1`",
    ],
    [
      "type: http\n",
      "type: htpp\n",
      `value ${source}/type not-allowed: \`type\` is the text \`htpp\`; did you mean \`http\`?`,
    ],
    ["      type: http\n", "", `key ${source} missing-key: \`openbrewerydb\` has no \`type\`; add \`type:\``],
    [
      "type: http\n",
      "tpye: http\n",
      `key ${source}/tpye unknown-key: unknown key \`tpye\` in \`openbrewerydb\`; did you mean \`type\`?`,
    ],
    [
      "  openbrewerydb:\n",
      "  OpenBreweryDB:\n",
      "key /spec/sources/OpenBreweryDB bad-format: the name `OpenBreweryDB` cannot be used; did you mean `openbrewerydb`?",
    ],
    [
      "id: string",
      "id: varchar(36)",
      `value ${id} bad-format: \`id\` is the text \`varchar(36)\`; did you mean \`string\`?`,
    ],
    [
      "id: string",
      "id: numeric(10,2)",
      `value ${id} bad-format: \`id\` is the text \`numeric(10,2)\`; did you mean \`decimal(10, 2)\`?`,
    ],
    ["id: string", "id: [string]", `value ${id} wrong-type: \`id\` is a list; write it so`],
    [
      "id: string",
      "id: { tipe: string }",
      `key ${id}/tipe unknown-key: unknown key \`tipe\` in \`id\`; did you mean \`type\`?`,
    ],
    [
      "id: string",
      "id: { type: string, pii: { method: hsah } }",
      `value ${id}/pii/method not-allowed: \`method\` is the text \`hsah\`; did you mean \`hash\`?`,
    ],
    [
      "id: string",
      "id: { type: string, pii: { method: hash } }",
      `key ${id}/pii missing-key: \`pii\` has no \`key\`; add \`key:\` (connection whose secret is the key)`,
    ],
    [
      "id: string",
      "id: { type: string, pii: { method: partial } }",
      `key ${id}/pii missing-key: \`pii\` has no \`keepFirst\` or \`keepLast\`; add \`keepFirst:\``,
    ],
    [
      "id: string",
      "i-d: string",
      `key ${table}/columns/i-d bad-format: the name \`i-d\` cannot be used; did you mean \`i_d\`?`,
    ],
    [
      "format: delta",
      "format: iceberg",
      "key /spec/storage missing-key: `storage` has no `catalog`; add `catalog:` (catalog that names the tables; Iceberg needs one)",
    ],
    [
      "gold: small",
      "gold: huge",
      "value /spec/resources/gold not-allowed: `gold` is the text `huge`; choose one of them",
    ],
    [
      '"#data-alerts"',
      "data-alerts",
      "value /spec/alerts/slack bad-format: `slack` is the text `data-alerts`; did you mean `#data-alerts`?",
    ],
    [
      '"@daily"',
      "{ cron: '@daily', timezon: UTC }",
      "key /spec/schedule/timezon unknown-key: unknown key `timezon` in `schedule`; did you mean `timezone`?",
    ],
    [
      '"@daily"',
      "{ assets: [orders] }",
      "value /spec/schedule/assets/0 bad-format: `assets[0]` is the text `orders`; write it so",
    ],
    [
      "sql: gold/",
      "sql: ../gold/",
      "value /spec/marts/0/sql bad-format: `sql` is the text `../gold/breweries_by_type_and_location.sql`; write it so",
    ],
  ];
  test.each(cases)("%s → %s", (from, to, expected) => {
    expect(told(from, to)).toEqual([expected]);
  });
});

test("two mistakes are two problems", () => {
  expect(told("write: merge", "write: merg\n      partitions: [id]")).toHaveLength(2);
});

test.each([[null], ["text"], [[1]], [5]])("a file that is %j", (value) => {
  expect(check.check(value)).toMatchObject([{ pointer: "", rule: "pipeline/wrong-type" }]);
});
