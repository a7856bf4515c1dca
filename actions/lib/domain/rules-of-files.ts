import type { Rule } from "./rule.ts";

/** What is checked of every file, before what it says is looked at. */
export const FILE_RULES: readonly Rule[] = [
  {
    id: "file/not-utf8",
    severity: "error",
    reason: "Python, kustomize and people would each read another text.",
    fix: "Save the file as UTF-8.",
  },
  {
    id: "file/symlink",
    severity: "error",
    reason: "A link may lead out of the repository, and Argo CD refuses those.",
    fix: "Put the file itself there.",
  },
  {
    id: "file/too-large",
    severity: "error",
    reason: "What is read must be bounded, and a file of that size is data.",
    fix: "Keep data out of the repository, or split the file.",
  },
  {
    id: "workflow/actionlint",
    severity: "error",
    reason: "GitHub would refuse the workflow, or run something else than it says.",
    fix: "Mend what actionlint says at the place that is named.",
  },
  {
    id: "workflow/zizmor",
    severity: "error",
    reason: "Who can change a title or a branch's name must not reach the workflow's rights.",
    fix: "Mend what zizmor says, or except it with the reason in .github/zizmor.yml.",
  },
  {
    id: "yaml/alias-expansion",
    severity: "error",
    reason: "Aliases of aliases can stand for more than any machine has memory.",
    fix: "Write the values out.",
  },
  {
    id: "yaml/anchor-loop",
    severity: "error",
    reason: "A value that holds itself has no end.",
    fix: "Write the value out.",
  },
  {
    id: "yaml/control-character",
    severity: "error",
    reason: "YAML forbids control characters; they come from a broken copy.",
    fix: "Delete the character, or escape it in double quotes.",
  },
  {
    id: "yaml/directive",
    severity: "error",
    reason: "Directives change how the rest is read, and readers differ on them.",
    fix: "Drop the line.",
  },
  {
    id: "yaml/duplicate-key",
    severity: "error",
    reason: "Of two values for one key some readers take the first, some the last.",
    fix: "Keep one of the two.",
  },
  {
    id: "yaml/empty",
    severity: "error",
    reason: "An empty file declares nothing; something was lost.",
    fix: "Write it, or delete the file.",
  },
  {
    id: "yaml/key-not-text",
    severity: "error",
    reason: "JSON, and so Kubernetes, knows only text for keys.",
    fix: "Put the key in quotes.",
  },
  {
    id: "yaml/multiple-documents",
    severity: "error",
    reason: "Of such a file only the first document would be read.",
    fix: "Move the second document to a file of its own.",
  },
  {
    id: "yaml/syntax",
    severity: "error",
    reason: "The file is not YAML, so nothing of it can be read.",
    fix: "Mend the place that is named.",
  },
  {
    id: "yaml/tab",
    severity: "error",
    reason: "YAML is indented with spaces only.",
    fix: "Replace the tab with spaces.",
  },
  {
    id: "yaml/tag",
    severity: "error",
    reason: "Tags make some readers build objects, and others fail.",
    fix: "Write the plain value.",
  },
  {
    id: "yaml/too-deep",
    severity: "error",
    reason: "Nesting is bounded so that reading is.",
    fix: "Flatten the file.",
  },
  {
    id: "yaml/unknown-anchor",
    severity: "error",
    reason: "An alias must name an anchor that stands before it.",
    fix: "Correct the name, or write the value out.",
  },
  {
    id: "versions/jars-lock",
    severity: "error",
    reason: "The lock file must hold the jars that the versions ask for, each with its checksum.",
    fix: "Run `npm run setup` to write the lock anew, and commit it.",
  },
  {
    id: "versions/shape",
    severity: "error",
    reason: "One file says which versions everything runs on; each must be there and be a version.",
    fix: "Write the version as `1.2.3`.",
  },
  {
    id: "versions/unknown",
    severity: "error",
    reason: "A component that nothing reads the version of is a slip of the name.",
    fix: "Correct the name, or delete the line.",
  },
  {
    id: "environment/delivery",
    severity: "error",
    reason: "Merges go to an environment in one of two ways: by commit, or by pull request.",
    fix: "Set data.delivery in overlays/<environment>/cicd/environment.yaml to one of those that are named.",
  },
  {
    id: "environment/registry",
    severity: "error",
    reason: "A new pipeline's overlay begins with the environment's registry.",
    fix: "Set data.registry in overlays/<environment>/cicd/environment.yaml.",
  },
];
