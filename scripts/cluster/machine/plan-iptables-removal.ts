/** Chains of Kubernetes, of the CNI plugins, and our own. */
const ours = /^(KUBE-|CNI-|WAVEHOUSE)/;

/**
 * Plans what takes the cluster's chains, and every rule that leads to them, out of the machine's tables.
 *
 * @param saved what `iptables-save` wrote
 * @returns what `iptables-restore --noflush` shall read, or `undefined` when there is nothing of the cluster's
 */
export function planIptablesRemoval(saved: string): string | undefined {
  const tables: string[] = [];
  for (const table of saved.split(/^(?=\*)/m)) {
    const name = /^\*(\w+)/.exec(table)?.[1];
    const lines = table.split("\n");
    const chains = lines
      .flatMap((line) => /^:(\S+)/.exec(line)?.[1] ?? [])
      .filter((chain) => ours.test(chain));
    if (name === undefined || chains.length === 0) continue;
    const jumps = lines.filter((line) => {
      const [, chain = "", target = ""] = /^-A (\S+).* -[jg] (\S+)/.exec(line) ?? [];
      return ours.test(target) && !ours.test(chain);
    });
    tables.push(
      [
        `*${name}`,
        ...chains.map((chain) => `:${chain} - [0:0]`), // also empties a chain that is there
        ...jumps.map((rule) => rule.replace(/^-A/, "-D")),
        ...chains.map((chain) => `-X ${chain}`),
        "COMMIT\n",
      ].join("\n"),
    );
  }
  return tables.length === 0 ? undefined : tables.join("");
}
