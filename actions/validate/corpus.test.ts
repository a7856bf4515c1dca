import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Finding, formatFinding } from "../lib/domain/finding.ts";
import { CorpusRepository } from "../lib/testing/corpus/corpus-repository.ts";
import { generateMistakes } from "../lib/testing/corpus/generate-mistakes.ts";
import { mistakesByHand } from "../lib/testing/corpus/mistakes-by-hand.ts";
import { validVariations } from "../lib/testing/corpus/valid-variations.ts";
import { type Ports, run } from "./run.ts";

const SEED = 20_261_121;
const MESSAGES = join(import.meta.dirname, "../lib/testing/corpus/messages.txt");

const repository = await CorpusRepository.create();
const mistakes = [...mistakesByHand(repository.files), ...generateMistakes(repository.files, SEED)];
const variations = validVariations(repository.files);

async function findings(ports: Ports): Promise<Finding[]> {
  const { annotations } = await run({ fix: false }, ports);
  return annotations.filter(({ severity }) => severity !== "notice");
}

beforeAll(async () => {
  expect((await findings(repository.ports())).map(formatFinding)).toEqual([]);
}, 300_000);

afterAll(() => repository.remove());

test("there are as many as it takes, each once", () => {
  expect(mistakes.length).toBeGreaterThanOrEqual(150);
  expect(variations.length).toBeGreaterThanOrEqual(50);
  expect(new Set(mistakes.map(({ name }) => name)).size).toBe(mistakes.length);
});

describe("a mistake is told at its line, by its rule, and nothing else is", () => {
  const messages: string[] = [];
  test.each(mistakes.map((mistake) => [mistake.name, mistake] as const))("%s", async (name, mistake) => {
    const { changes, rule, file, line } = mistake;
    const found = await repository.changed(changes, findings);
    const told = found.map((finding) => `${finding.file}:${finding.line} ${finding.rule}`);
    expect(told, found.map(formatFinding).join("\n")).toEqual([`${file}:${line} ${rule}`]);
    messages.push(`${name}\n  ${found.map(formatFinding).join("\n  ")}\n`);
  });

  test("in these words", async () => {
    await expect(messages.join("\n")).toMatchFileSnapshot(MESSAGES);
  });
});

describe("of what is right nothing is told", () => {
  test.each(variations.map((variation) => [variation.name, variation] as const))(
    "%s",
    async (_, { changes }) => {
      expect((await repository.changed(changes, findings)).map(formatFinding)).toEqual([]);
    },
  );
});
