import { connectDelivery } from "../../actions/lib/adapters/connect-delivery.ts";
import { connectRecords } from "../../actions/lib/adapters/connect-records.ts";
import { runProcess } from "../../actions/lib/adapters/process.ts";
import { terminalLogger } from "../../actions/lib/adapters/terminal-logger.ts";
import type { ActionResult } from "../../actions/lib/domain/action-result.ts";
import type { RecordsAddress } from "../../actions/lib/domain/delivery-record.ts";
import { runInTerminal } from "../../actions/lib/host/run-in-terminal.ts";
import type { RecordsPlace } from "../../actions/lib/ports/record-store.ts";

type Given = Readonly<Record<string, string | boolean | undefined>>;
type Ports = ReturnType<typeof connectDelivery> & { records: RecordsPlace | undefined };

interface Delivery {
  committer: { name: string; email: string };
  /** Without GitHub there is but one way. */
  way?: "commit" | "pull-request" | undefined;
  records?: RecordsAddress;
}

/**
 * Runs an action that writes to Git in the current checkout, as whoever sits here.
 *
 * @param given what the command line said, by the action's names
 * @param load reads them
 * @param run the action
 */
export async function runDelivery<Name extends string, Inputs extends Delivery>(
  given: Given,
  load: (read: (name: Name) => string) => Inputs,
  run: (inputs: Inputs, ports: Ports) => Promise<ActionResult>,
): Promise<void> {
  const root = process.cwd();
  await runInTerminal(async () => {
    const person: Given = {
      "committer-name": (await setting(root, "user.name")) ?? "wavehouse",
      "committer-email": (await setting(root, "user.email")) ?? "wavehouse@localhost",
    };
    const all: Given = { "dry-run": "false", ...dropUndefined(given), ...person };
    const inputs = load((name) => String(all[name] ?? "").trim());
    const ports = connectDelivery({
      root,
      identity: inputs.committer,
      github: undefined,
      logger: terminalLogger(),
    });
    const records = connectRecords(inputs.records);
    const result = await run({ ...inputs, way: "commit" }, { ...ports, records });
    if (result.outputs.commit) console.log(result.outputs.commit);
    return result;
  });
}

function dropUndefined(given: Given): Record<string, string | boolean> {
  return Object.fromEntries(
    Object.entries(given).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

async function setting(root: string, name: string): Promise<string | undefined> {
  const output = await runProcess({ file: "git", args: ["config", "--get", name], cwd: root }).catch(
    () => undefined,
  );
  return output?.stdout.toString().trim() || undefined;
}
