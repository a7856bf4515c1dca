import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Forge, type Run, startForge } from "./act.ts";

const ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
const ROLE = "arn:aws:iam::123456789012:role/images";
const PROVIDER = "projects/1/locations/global/workloadIdentityPools/github/providers/lake";
const ACCOUNT = "images@lake.iam.gserviceaccount.com";

/** Nobody masks what these give, so that a login that shows it is seen. */
const TOKENS = { aws: "ecr-password-of-an-hour", gcp: "ya29.token-of-an-hour" };
const MAINS = {
  "aws-actions/configure-aws-credentials": `
    console.log("role", process.env["INPUT_ROLE-TO-ASSUME"], process.env["INPUT_AWS-REGION"]);
    require("node:fs").appendFileSync(process.env.GITHUB_ENV, "AWS_ACCESS_KEY_ID=of-the-role\\n");`,
  "google-github-actions/auth": `
    const { INPUT_WORKLOAD_IDENTITY_PROVIDER, INPUT_SERVICE_ACCOUNT, INPUT_CREATE_CREDENTIALS_FILE } = process.env;
    console.log("account", INPUT_WORKLOAD_IDENTITY_PROVIDER, INPUT_SERVICE_ACCOUNT, INPUT_CREATE_CREDENTIALS_FILE);
    if (process.env.INPUT_TOKEN_FORMAT !== "access_token") throw new Error("no token was asked for");
    require("node:fs").appendFileSync(process.env.GITHUB_OUTPUT, "access_token=${TOKENS.gcp}\\n");`,
};

const WORKFLOW = `name: Log in
on: push
permissions: {}
jobs:
  log-in:
    name: Log in
    runs-on: ubuntu-latest
    steps:
      - uses: CHECKOUT
      - uses: ./.github/actions/log-in
        with:
          registry: \${{ vars.REGISTRY }}
          token: \${{ secrets.JOB_TOKEN }}
          username: \${{ vars.USERNAME }}
          password: \${{ secrets.PASSWORD }}
          ecr-role: \${{ vars.ECR_ROLE }}
          gcp-provider: \${{ vars.GCP_PROVIDER }}
          gcp-service-account: \${{ vars.GCP_SERVICE_ACCOUNT }}
`;

let folder: string;
let forge: Forge;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wavehouse-log-in-"));
  forge = await startForge(folder, MAINS);
  const workflows = join(forge.clone, ".github/workflows");
  const deliver = await readFile(join(workflows, "deliver.yml"), "utf8");
  const checkout = /actions\/checkout@[0-9a-f]{40}/.exec(deliver)?.[0] ?? "";
  await writeFile(join(workflows, "log-in.yml"), WORKFLOW.replace("CHECKOUT", checkout));
  await writeAwsStub();
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => writeFile(forge.docker, ""));

/** As AWS's own: a password for whoever has been given a role, in the registry's region. */
async function writeAwsStub(): Promise<void> {
  const program = `#!/bin/sh
[ "$AWS_ACCESS_KEY_ID" = of-the-role ] || { echo 'Unable to locate credentials' >&2; exit 255; }
[ "$*" = "ecr get-login-password --region eu-west-1" ] || { echo "aws $*" >&2; exit 252; }
echo ${TOKENS.aws}
`;
  await writeFile(join(folder, "bin", "aws"), program);
  await chmod(join(folder, "bin", "aws"), 0o755);
}

function logIn(variables: Record<string, string>): Promise<Run> {
  const secrets = { JOB_TOKEN: "ghs_of-this-job", PASSWORD: "dckr_pat_long" };
  return forge.run("log-in.yml", "push", { variables, secrets });
}

async function logins(): Promise<unknown[]> {
  const lines = (await readFile(forge.docker, "utf8")).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as unknown);
}

function login(host: string, user: string, password: string) {
  return {
    args: ["login", host, "--username", user, "--password-stdin"],
    stdin: `${password}\n`,
    config: expect.stringMatching(/\/tmp\/docker$/),
  };
}

describe("log-in, under act", { timeout: 120_000 }, () => {
  test.each<[string, Record<string, string>, ReturnType<typeof login>, string | undefined]>([
    [
      "ECR, in its own region, as a role",
      { REGISTRY: `${ECR}/lake`, ECR_ROLE: ROLE },
      login(ECR, "AWS", TOKENS.aws),
      `role ${ROLE} us-east-1`,
    ],
    [
      "Artifact Registry, as a service account, without a file of credentials",
      {
        REGISTRY: "europe-docker.pkg.dev/lake/images",
        GCP_PROVIDER: PROVIDER,
        GCP_SERVICE_ACCOUNT: ACCOUNT,
      },
      login("europe-docker.pkg.dev", "oauth2accesstoken", TOKENS.gcp),
      `account ${PROVIDER} ${ACCOUNT} false`,
    ],
    [
      "GHCR, by the job's own token, whatever else is set",
      { REGISTRY: "ghcr.io/acme/lake", USERNAME: "robot", ECR_ROLE: ROLE, GCP_PROVIDER: PROVIDER },
      login("ghcr.io", "x-access-token", "ghs_of-this-job"),
      undefined,
    ],
    [
      "another one, by a username and a password",
      { REGISTRY: "docker.io/acme", USERNAME: "robot", ECR_ROLE: ROLE, GCP_PROVIDER: PROVIDER },
      login("docker.io", "robot", "dckr_pat_long"),
      undefined,
    ],
  ])("%s", async (_name, variables, expected, asked) => {
    const run = await logIn(variables);
    expect(run.jobs, run.log.slice(-4_000)).toEqual({ succeeded: ["Log in"], failed: [] });
    expect(await logins()).toEqual([expected]);
    if (asked !== undefined) expect(run.log).toContain(asked);
    else expect(run.log).not.toMatch(/\| (?:role|account) /);
    // act tells each output of a step by itself, which GitHub does not.
    const printed = run.log.replace(/^.* ::set-output:: .*$/gm, "");
    for (const secret of [...Object.values(TOKENS), "ghs_of-this-job", "dckr_pat_long"]) {
      expect(printed).not.toContain(secret);
    }
  });

  test("a role that is refused its password fails the job", async () => {
    const run = await logIn({ REGISTRY: `${ECR.replace("eu-west-1", "eu-west-2")}/lake`, ECR_ROLE: ROLE });
    expect(run.jobs.failed).toEqual(["Log in"]);
    expect(run.log).toContain("aws ecr get-login-password --region eu-west-2");
  });

  test("a registry that asks for nothing is not logged in to", async () => {
    const run = await logIn({ REGISTRY: "localhost:5001" });
    expect(run.jobs).toEqual({ succeeded: ["Log in"], failed: [] });
    expect(await logins()).toEqual([]);
  });
});
