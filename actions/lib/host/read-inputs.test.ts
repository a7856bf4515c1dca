import { describe, expect, test } from "vitest";
import { UserError } from "../domain/user-error.ts";
import {
  booleanInput,
  inputsFromEnvironment,
  jsonInput,
  listInput,
  optionalInput,
  requiredInput,
} from "./read-inputs.ts";

describe("inputsFromEnvironment", () => {
  const read = inputsFromEnvironment({
    INPUT_REGISTRY: " ghcr.io/acme \n",
    "INPUT_BASE-IMAGE": "spark",
    INPUT_A_B: "spaced",
  });

  test.each([
    ["registry", "ghcr.io/acme"],
    ["base-image", "spark"],
    ["a b", "spaced"],
    ["absent", ""],
  ])("%s is %j", (name, text) => {
    expect(read(name)).toBe(text);
  });
});

describe("requiredInput and optionalInput", () => {
  test("give the text", () => {
    expect(requiredInput(() => "x", "registry")).toBe("x");
    expect(optionalInput(() => "x", "registry")).toBe("x");
  });

  test("an empty one is an error that names it, or undefined", () => {
    expect(() => requiredInput(() => "", "registry")).toThrow(/^Input `registry` is empty; it is required/);
    expect(() => requiredInput(() => "", "registry")).toThrow(UserError);
    expect(optionalInput(() => "", "registry")).toBeUndefined();
  });
});

describe("booleanInput", () => {
  test.each([
    ["true", true],
    ["false", false],
  ])("%s", (text, value) => {
    expect(booleanInput(() => text, "push")).toBe(value);
  });

  test.each(["True", "TRUE", "yes", "1", "0", "no", "on", ""])("%j is refused", (text) => {
    expect(() => booleanInput(() => text, "push")).toThrow(
      `Input \`push\` is ${text === "" ? "empty" : `\`${text}\``}; expected \`true\` or \`false\``,
    );
  });
});

describe("listInput", () => {
  test.each([
    ["", []],
    [",\n ,", []],
    ["a", ["a"]],
    ["b, a\nc", ["b", "a", "c"]],
  ])("%j is %j", (text, items) => {
    expect(listInput(() => text, "pipelines")).toEqual(items);
  });

  test("an item that stands there twice is refused", () => {
    expect(() => listInput(() => "a,b\na", "pipelines")).toThrow("names `a` twice");
  });
});

describe("jsonInput", () => {
  test("gives the value", () => {
    expect(jsonInput(() => '{"a": [1]}', "images")).toEqual({ a: [1] });
  });

  test("says what is wrong and shows no more than the beginning", () => {
    const text = `{"a": ${"x".repeat(500)}`;
    expect(() => jsonInput(() => text, "images")).toThrow(
      /Input `images` is not JSON \(.*it begins with `.{60}…`\.$/s,
    );
  });
});
