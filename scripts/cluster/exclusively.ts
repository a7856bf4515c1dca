import { connect, createServer, type Server } from "node:net";
import { text } from "node:stream/consumers";
import { UserError } from "../../actions/lib/domain/user-error.ts";
import type { ClusterPlaces } from "./places.ts";

/** How long the other command has to say what it is. */
const ANSWER_MS = 1_000;

/**
 * Does a work on the cluster's state while no other command does: two at once would each undo half of the other's.
 * The kernel ends the claim with the process, however that ends, so there is nothing to clean up.
 *
 * @param verb what this command is called, for the other one's message
 * @throws UserError when another command is at work
 */
export async function exclusively<T>(
  { state }: Pick<ClusterPlaces, "state">,
  verb: string,
  work: () => Promise<T>,
): Promise<T> {
  // In the abstract namespace of Linux: a name, and no file.
  const name = `\0wavehouse-cluster:${state}`;
  const claim = await take(name, `${verb} (process ${process.pid})`);
  if (claim === undefined) {
    const other = await askOther(name);
    throw new UserError(
      `${other} is at work on the cluster in ${state}: wait until it has ended, then run this again`,
    );
  }
  try {
    return await work();
  } finally {
    await new Promise((resolve) => claim.close(resolve));
  }
}

/** @returns `undefined` when somebody else has it */
function take(name: string, answer: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.on("error", () => {}).end(answer));
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(name, () => resolve(server.unref()));
  });
}

async function askOther(name: string): Promise<string> {
  const socket = connect(name).setTimeout(ANSWER_MS, () => socket.destroy());
  const said = await text(socket).catch(() => "");
  return said === "" ? "another command" : `\`${said.replace(" ", "` ")}`;
}
