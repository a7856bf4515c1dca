import { join } from "node:path";
import { expect, test } from "vitest";
import { RULES } from "../../actions/lib/domain/rules.ts";
import { renderRules } from "./render-rules.ts";

test("docs/rules.md lists the rules as they are; `npx vitest run --update=all scripts/validate/` writes it", async () => {
  const page = join(import.meta.dirname, "../../docs/rules.md");
  await expect(renderRules(RULES)).toMatchFileSnapshot(page);
});
