import { UserError } from "../domain/user-error.ts";

/** Why a registry did not do what it was asked: what may pass, and what a person must mend. */
export interface RegistryFailure {
  kind: "passing" | "lasting";
  /** One sentence for the user: which registry, what happened, what to do. */
  message: string;
}

/**
 * Reads an answer that is none that was hoped for.
 *
 * @param host the registry
 * @param answer its status and body
 * @param asked the request in short, for the end of the message
 */
export function explainStatus(
  host: string,
  answer: { status: number; body: string },
  asked: string,
): RegistryFailure {
  const { status, body } = answer;
  const told = tellError(body);
  const end = ` (${asked}: ${status}${told === "" ? "" : ` ${told}`})`;
  const known = ofStatus(host, status, told);
  return { kind: known.kind, message: `${known.message}${end}` };
}

function ofStatus(host: string, status: number, told: string): RegistryFailure {
  if (status === 429 || /\bTOOMANYREQUESTS\b/.test(told)) {
    return passing(`the registry ${host} takes no more requests for now (429); try again later`);
  }
  if (status === 401 || /\bUNAUTHORIZED\b/.test(told)) {
    return lasting(
      `the registry ${host} wants a login (401); run docker/login-action before this step, or docker login ${host}`,
    );
  }
  if (status === 403 || /\bDENIED\b/.test(told)) {
    return lasting(
      `the registry ${host} denies it (403); the login needs the right to pull and push there ` +
        "(on GitHub: `permissions: packages: write`)",
    );
  }
  if (status === 405 || /\bUNSUPPORTED\b/.test(told)) {
    return lasting(`the registry ${host} is read-only; push to another one, or let it take pushes`);
  }
  if (status === 404) {
    return lasting(`the registry ${host} has no such repository and makes none; create it there first`);
  }
  if (status === 507 || /no space left|quota/i.test(told)) {
    return lasting(`the registry ${host} is full; remove what nobody uses, or give it more room`);
  }
  if (status >= 500) return passing(`the registry ${host} fails (5xx); see its log, or try again later`);
  return lasting(`the registry ${host} refuses it`);
}

/**
 * Reads why there was no answer at all.
 *
 * @param host the registry
 * @param error what `fetch` threw
 */
export function explainNoAnswer(host: string, error: unknown): RegistryFailure {
  const cause = rootOf(error);
  const code = String((cause as { code?: unknown }).code ?? "");
  const said = cause instanceof Error ? cause.message : String(cause);
  const end = said === "" ? "" : ` (${said})`;
  if ((error as Error).name === "TimeoutError" || /TIMEOUT/.test(code)) {
    return lasting(
      `the registry ${host} did not answer in time; is it overloaded, or is the network slow?${end}`,
    );
  }
  if (code === "ECONNREFUSED") {
    return lasting(`the registry ${host} refuses the connection; is it running, and is this its port?${end}`);
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return lasting(`there is no registry ${host}; check its name and the network${end}`);
  }
  if (/^E(?:NETUNREACH|HOSTUNREACH|TIMEDOUT)$/.test(code)) {
    return lasting(`the registry ${host} cannot be reached; check the network${end}`);
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code)) {
    return lasting(`the registry ${host} shows a certificate that is not trusted here${end}`);
  }
  if (/SSL|EPROTO/.test(code)) {
    return lasting(
      `the registry ${host} does not speak HTTPS, and only a registry on this machine may do without${end}`,
    );
  }
  if (/^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(code)) {
    return passing(`the registry ${host} closes the connection; see its log, or try again later${end}`);
  }
  return lasting(`what answers at ${host} is no container registry; check the address${end}`);
}

/**
 * @param host where the request went
 * @param detail what was expected
 */
export function noRegistry(host: string, detail: string): UserError {
  return new UserError(
    `what answers at ${host} is no container registry (or a broken one): ${detail}; check the address`,
  );
}

/** The errors that the distribution spec has, in one line; nothing of a web page. */
function tellError(body: string): string {
  try {
    const { errors } = JSON.parse(body) as {
      errors?: { code?: string; message?: string; detail?: unknown }[];
    };
    return (errors ?? [])
      .map(({ code = "", message = "", detail }) => {
        const more = typeof detail === "object" && detail !== null ? JSON.stringify(detail) : "";
        return `${code}: ${message}${more}`.slice(0, 300);
      })
      .join("; ");
  } catch {
    return "";
  }
}

function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof Error && root.cause !== undefined) root = root.cause;
  return root;
}

function passing(message: string): RegistryFailure {
  return { kind: "passing", message };
}

function lasting(message: string): RegistryFailure {
  return { kind: "lasting", message };
}
