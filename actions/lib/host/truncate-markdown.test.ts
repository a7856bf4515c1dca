import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { truncateMarkdown } from "./truncate-markdown.ts";

describe("truncateMarkdown", () => {
  test("returns what fits as it is", () => {
    expect(truncateMarkdown("a\nb", 3)).toBe("a\nb");
  });

  test("closes a code fence that the cut leaves open", () => {
    const text = `# Title\n\`\`\`diff\n${"+ line\n".repeat(200)}\`\`\`\n`;
    const cut = truncateMarkdown(text, 400);
    expect(cut).toMatch(/\+ line\n```\n\n_Cut here/);
    expect(cut.match(/```/g)).toHaveLength(2);
  });

  test("never exceeds the limit, and keeps whole lines of the text", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme" })),
        fc.integer({ min: 150, max: 1000 }),
        (lines, limit) => {
          const text = lines
            .map((line) => line.replaceAll("`", ""))
            .join("\n")
            .repeat(20);
          const cut = truncateMarkdown(text, limit);
          expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(limit);
          if (cut === text) return;
          const kept = cut.slice(0, cut.lastIndexOf("\n\n_Cut here"));
          expect(text === kept || kept === "" || text.startsWith(`${kept}\n`)).toBe(true);
        },
      ),
    );
  });
});
