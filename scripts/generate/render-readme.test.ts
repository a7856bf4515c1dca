import { describe, expect, test } from "vitest";
import { renderReadme } from "./render-readme.ts";

const action = `
name: Build
inputs:
  registry: { description: "Where | to", required: true }
  dry-run:
    description: >-
      With true,
      tells only.
    default: "false"
  base-image: { description: The base, default: "" }
outputs:
  images: { description: The images }
`;

describe("renderReadme", () => {
  test("replaces what is between the markers, and nothing else", () => {
    const before = "# Build\n\n<!-- inputs:start -->\nold\n<!-- inputs:end -->\nafter\n";
    const after = renderReadme(before, action);
    expect(after).toBe(`# Build

<!-- inputs:start -->

| input | what it is | default |
| --- | --- | --- |
| \`registry\` | Where \\| to | **required** |
| \`dry-run\` | With true, tells only. | \`false\` |
| \`base-image\` | The base | empty |

| output | what it is |
| --- | --- |
| \`images\` | The images |

<!-- inputs:end -->
after
`);
    expect(renderReadme(after, action)).toBe(after);
  });

  test("says so where there is nothing to tell", () => {
    expect(renderReadme("<!-- inputs:start --><!-- inputs:end -->", "name: x\ninputs:\n")).toBe(
      "<!-- inputs:start -->\n\nNo inputs.\n\nNo outputs.\n\n<!-- inputs:end -->",
    );
  });

  test.each([
    "",
    "<!-- inputs:start -->",
    "<!-- inputs:end --> <!-- inputs:start -->",
    "<!-- inputs:start --><!-- inputs:end --><!-- inputs:end -->",
    "<!-- inputs:start --><!-- inputs:start --><!-- inputs:end -->",
  ])("refuses markers like %j", (readme) => {
    expect(() => renderReadme(readme, action)).toThrow(/expected one line <!-- inputs:start -->/);
  });
});
