import { expect, test } from "vitest";
import { chooseByFacts } from "./choose-builder.ts";

test("Docker where its engine answers, whoever asks", () => {
  const facts = { platform: "darwin", isRoot: false, dockerFailure: undefined } as const;
  expect(chooseByFacts(facts)).toBe("docker");
  expect(chooseByFacts({ ...facts, platform: "linux", isRoot: true })).toBe("docker");
});

test("buildah for root on Linux, where there is no engine", () => {
  const facts = { platform: "linux", isRoot: true, dockerFailure: "it is not on PATH" } as const;
  expect(chooseByFacts(facts)).toBe("buildah");
});

test.each([
  ["darwin", true],
  ["linux", false],
] as const)("neither on %s as root: %s", (platform, isRoot) => {
  const facts = { platform, isRoot, dockerFailure: "Cannot connect to the Docker daemon" };
  expect(() => chooseByFacts(facts)).toThrow(
    /Docker, which does not answer \(Cannot connect to the Docker daemon\), .* start Docker, or run it as root/,
  );
});
