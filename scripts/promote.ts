import { parseArgs } from "node:util";
import { loadInputs } from "../actions/promote/inputs.ts";
import { run } from "../actions/promote/run.ts";
import { runDelivery } from "./delivery/run-delivery.ts";

const help = `Usage: npm run promote -- FROM TO [OPTIONS]

Makes the overlays of TO name exactly the images that FROM runs, in one commit.

  --images A,B    only these images
  --push BRANCH   push the commit to this branch of origin; without it the commit stays here
  --dry-run       show the difference, change nothing
  --help          show this

Exit codes: 0 done or nothing to do, 1 refused.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    images: { type: "string" },
    push: { type: "string" },
    "dry-run": { type: "boolean" },
    help: { type: "boolean" },
  },
});
const [from = "", to = "", ...rest] = positionals;
if (values.help || to === "" || rest.length > 0) {
  console.log(help);
  process.exitCode = values.help ? 0 : 1;
} else {
  const given = { from, to, images: values.images, "push-branch": values.push, "dry-run": values["dry-run"] };
  await runDelivery(given, loadInputs, run);
}
