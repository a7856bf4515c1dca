import { Document, isScalar, visit } from "yaml";

/**
 * Renders objects as a committed, readable file that says where it comes from.
 *
 * @param source file that it is made from, told in the header
 * @param objects one document each
 * @returns multi-document YAML, the same for the same objects
 */
export function generatedText(source: string, objects: readonly object[]): string {
  const header = `# Generated from ${source} by \`npm run generate\`. Do not edit: the next run overwrites it.\n`;
  return header + objects.map(yamlText).join("---\n");
}

/** Whether a file's text says that it was generated. */
export function isGenerated(text: string): boolean {
  return /^# Generated from .+ by `npm run generate`\./.test(text);
}

/**
 * Renders a value as block YAML; nothing is folded, so that a diff shows what changed and nothing else.
 *
 * @param value plain data
 * @returns YAML with a line end
 */
export function yamlText(value: object): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    // Lists of words (verbs, dropped capabilities) stay on one line; lists of files get a line each.
    Seq: (_key, node) => {
      const items: readonly unknown[] = node.items;
      if (items.every((item) => isScalar(item) && /^[\w-]{0,24}$/.test(String(item.value)))) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
