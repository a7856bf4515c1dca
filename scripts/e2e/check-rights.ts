import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { repositoryRoot } from "../setup/repository.ts";
import { expectThat } from "./checks.ts";
import type { E2e } from "./context.ts";
import type { Kubectl } from "./kubectl.ts";
import { readAccess, renderRights } from "./rights.ts";

/** What every service account may do, as it was agreed on. */
const rightsFile = join("scripts", "e2e", "rights.txt");

/** A question to the API server; the answer must be this. */
interface Question {
  account: string;
  verb: string;
  resource: string;
  namespace: string;
  answer: "yes" | "no";
}

const worker = "orchestrator:airflow-worker";
const namespaces = [
  "cicd",
  "misc",
  "management",
  "database",
  "deepstorage",
  "processing",
  "orchestrator",
  "query",
];

const questions: readonly Question[] = [
  ...namespaces.flatMap((namespace): Question[] => [
    { account: worker, verb: "get", resource: "secrets", namespace, answer: "no" },
    { account: worker, verb: "list", resource: "secrets", namespace, answer: "no" },
    { account: worker, verb: "create", resource: "pods", namespace, answer: "no" },
    { account: worker, verb: "create", resource: "rolebindings", namespace, answer: "no" },
    { account: worker, verb: "create", resource: "pods/exec", namespace, answer: "no" },
  ]),
  ...namespaces.map(
    (namespace): Question => ({
      account: worker,
      verb: "create",
      resource: "sparkapplications.sparkoperator.k8s.io",
      namespace,
      answer: namespace === "processing" ? "yes" : "no",
    }),
  ),
];

/** Who may do what, against a list that a person has agreed on. */
export async function checkRights({ checks, kubectl }: E2e, update: boolean): Promise<void> {
  checks.group("rights", "what every service account may do");
  await checks.check(`it is what ${rightsFile} says`, async () => {
    const found = renderRights(await readAccess(kubectl));
    const file = join(repositoryRoot, rightsFile);
    if (update) await writeFile(file, found);
    const agreed = await readFile(file, "utf8").catch(() => "");
    expectThat(found === agreed, () => describeDifference(agreed, found));
    return `${found.split("\n\n").length} accounts`;
  });
  await checks.check(
    "an Airflow worker reads no secret and makes nothing outside its namespaces",
    async () => {
      const wrong: string[] = [];
      for (const question of questions) {
        const answer = await ask(kubectl, question);
        const { verb, resource, namespace } = question;
        if (answer !== question.answer) wrong.push(`${verb} ${resource} in ${namespace}: ${answer}`);
      }
      expectThat(wrong.length === 0, () => `the API server answers otherwise:\n${wrong.join("\n")}`);
      return `${questions.length} questions to the API server`;
    },
  );
}

async function ask(kubectl: Kubectl, { account, verb, resource, namespace }: Question): Promise<string> {
  const as = `--as=system:serviceaccount:${account}`;
  try {
    return (await kubectl.run("auth", "can-i", verb, resource, "-n", namespace, as)).trim();
  } catch (error) {
    // It says no with exit code 1.
    if (error instanceof Error && "stdout" in error && String(error.stdout).trim() === "no") return "no";
    throw error;
  }
}

function describeDifference(agreed: string, found: string): string {
  const before = withAccounts(agreed);
  const now = withAccounts(found);
  const more = now.filter((line) => !before.includes(line)).map((line) => `+ ${line}`);
  const less = before.filter((line) => !now.includes(line)).map((line) => `- ${line}`);
  const how = "If each of these is meant: npm run e2e -- --update-rights, and let it be reviewed.";
  return [...more, ...less, how].join("\n");
}

/** Each line with the account that it belongs to. */
function withAccounts(text: string): string[] {
  return text.split("\n\n").flatMap((block) => {
    const [account = "", ...lines] = block.trim().split("\n");
    return lines.map((line) => `${account} ${line.trim()}`);
  });
}
