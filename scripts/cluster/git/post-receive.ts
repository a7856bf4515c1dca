// Git's hook: hands what was pushed to the Git server, which outlives the push, and never holds the push up.
import { request } from "node:http";
import { text } from "node:stream/consumers";

const [socketPath = ""] = process.argv.slice(2);
const call = request({ socketPath, method: "POST", path: "/pushed", timeout: 5_000 }, (response) =>
  response.resume(),
);
call.on("error", (error) => {
  process.stderr.write(
    `Argo CD is not told of this push, the Git server does not answer: ${error.message}\n`,
  );
});
call.end(await text(process.stdin));
