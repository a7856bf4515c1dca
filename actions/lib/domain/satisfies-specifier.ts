/**
 * Tells whether a release satisfies a Python version specifier (PEP 440), as far as releases made of numbers go.
 *
 * @param version for instance `4.1.3`
 * @param specifier for instance `<=4.2.0,>=4.0.1`
 * @returns `undefined` when the specifier has a part that is not understood: then nobody may call it satisfied
 */
export function satisfiesSpecifier(version: string, specifier: string): boolean | undefined {
  let satisfied = true;
  for (const part of specifier.split(",")) {
    const match = /^\s*(==|!=|<=|>=|<|>|~=)\s*(\d+(?:\.\d+)*)(\.\*)?\s*$/.exec(part);
    if (match === null) return undefined;
    const [, operator = "", bound = "", wildcard] = match;
    const holds = compareBy(operator, version, bound, wildcard !== undefined);
    if (holds === undefined) return undefined;
    satisfied &&= holds;
  }
  return satisfied;
}

function compareBy(operator: string, version: string, bound: string, wildcard: boolean): boolean | undefined {
  const order = compareReleases(version, bound);
  const inSeries = (series: string): boolean => `${version}.`.startsWith(`${series}.`);
  if (wildcard) return operator === "==" ? inSeries(bound) : operator === "!=" ? !inSeries(bound) : undefined;
  switch (operator) {
    case "==":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<=":
      return order <= 0;
    case ">=":
      return order >= 0;
    case "<":
      return order < 0;
    case ">":
      return order > 0;
    case "~=":
      return order >= 0 && inSeries(bound.split(".").slice(0, -1).join("."));
    default:
      return undefined;
  }
}

function compareReleases(a: string, b: string): number {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
