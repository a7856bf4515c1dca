import { beforeAll, describe, expect, test } from "vitest";
import { configMap, many, program, realTools, temporaryFolder } from "./testing.ts";
import { ToolError, type ToolFailure } from "./tool-error.ts";
import { type ValidateOptions, validateStream } from "./validate-stream.ts";

let real: ValidateOptions;
beforeAll(async () => {
  real = await realTools();
}, 300_000);

describe("a kubeconform that fails is never a success", () => {
  const valid = '{"kind":"ConfigMap","name":"a","version":"v1","status":"statusValid","msg":""}';
  test.each<[string, string, ToolFailure, RegExp]>([
    ["killed", "kill -9 $$", "killed", /was killed by SIGKILL/],
    [
      "crashed",
      "echo 'panic: runtime error' >&2; exit 2",
      "crashed",
      /failed with exit code 2: panic: runtime error/,
    ],
    ["silent", "cat >/dev/null", "no-output", /wrote nothing/],
    ["too slow, and leaving a child behind", "sleep 30", "timeout", /took longer than 1 s/],
    ["talking without end", "yes", "too-much", /wrote more than it may/],
    ["not speaking JSON", "echo ok", "bad-output", /wrote no JSON: ok/],
    ["breaking off in its JSON", `echo '{"resources":[${valid}'`, "bad-output", /wrote no JSON/],
    ["of another shape", `echo '{"resources":[{"kind":1}]}'`, "bad-output", /resource of another shape/],
    [
      "losing an object",
      `echo '{"resources":[]}'`,
      "bad-output",
      /checking 1 objects, reported on 0 of them/,
    ],
    [
      "of two minds",
      `echo '{"resources":[${valid}]}'; exit 1`,
      "bad-output",
      /ended with 1 and yet called all of them valid/,
    ],
  ])("%s", async (_, body, failure, message) => {
    const kubeconform = await program(await temporaryFolder(), "kubeconform", body);
    const validated = validateStream(configMap("a"), { ...real, kubeconform, timeoutMs: 1000 });
    await expect(validated).rejects.toThrow(ToolError);
    await expect(validated).rejects.toThrow(message);
    await expect(validated).rejects.toMatchObject({ failure });
  });

  test("the real one, killed while it works", async () => {
    // Waits until the shell has become kubeconform, and kills that.
    const body = `(until [ "$(cat /proc/$$/comm)" = kubeconform ]; do :; done; kill -9 $$) & exec "${real.kubeconform}" "$@"`;
    const kubeconform = await program(await temporaryFolder(), "killed", body);
    await expect(validateStream(many(2_000), { ...real, kubeconform })).rejects.toMatchObject({
      failure: "killed",
    });
  });

  test("not there", async () => {
    const missing = validateStream(configMap("a"), { ...real, kubeconform: "/nowhere/kubeconform" });
    await expect(missing).rejects.toThrow(ToolError);
    await expect(missing).rejects.toMatchObject({ failure: "missing" });
  });

  test("all of it together takes no longer than it may, however many processes that are", async () => {
    const kubeconform = await program(
      await temporaryFolder(),
      "kubeconform",
      `sleep 0.4; exec "${real.kubeconform}" "$@"`,
    );
    const slow = { ...real, kubeconform, processes: 1, totalTimeoutMs: 700 };
    const start = performance.now();
    await expect(validateStream(many(20_000), slow)).rejects.toMatchObject({ failure: "timeout" });
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  test("a stream that is too long is refused before anything runs", async () => {
    const refused = validateStream(many(10), { ...real, kubeconform: "/nowhere", maxLength: 100 });
    await expect(refused).rejects.toMatchObject({ failure: "too-much" });
  });
});

describe("a kind on its way out", () => {
  const endpoints = `${configMap("a")}---\napiVersion: v1\nkind: Endpoints\nmetadata: { name: e, namespace: misc }\n`;

  test("is valid, and what follows it is told at its line", async () => {
    const [, result] = await validateStream(endpoints, { ...real, kubernetesVersion: "1.36.3" });
    expect(result).toMatchObject({
      valid: true,
      namespace: "misc",
      problems: [
        {
          code: "deprecated-api",
          path: "/apiVersion",
          line: 7,
          column: 1,
          message: "v1 Endpoints is deprecated since Kubernetes 1.33; use discovery.k8s.io/v1 EndpointSlice",
        },
      ],
    });
  });

  test("is not told for a Kubernetes before that, nor where none is named", async () => {
    for (const kubernetesVersion of ["1.32.0", undefined]) {
      const options = kubernetesVersion === undefined ? real : { ...real, kubernetesVersion };
      expect((await validateStream(endpoints, options)).flatMap(({ problems }) => problems)).toEqual([]);
    }
  });
});
