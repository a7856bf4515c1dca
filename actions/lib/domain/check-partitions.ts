import { quote } from "./describe-value.ts";
import { type JsonPointer, pointTo } from "./json-pointer.ts";
import type { PartitionField, Spec } from "./pipeline-type.ts";
import type { PointedProblem } from "./problem.ts";

/**
 * Checks how a table or mart is split.
 *
 * @param fields its `partitionBy`
 * @param pointer to it
 * @param spec the pipeline's
 * @returns what is wrong
 */
export function checkPartitions(
  fields: readonly PartitionField[],
  pointer: JsonPointer,
  spec: Spec,
): PointedProblem[] {
  return fields.flatMap((field, index): PointedProblem[] => {
    if (typeof field === "string") return [];
    const at = pointTo(pointer, index);
    const { format } = spec.storage;
    if (format !== "iceberg" && field.transform !== "identity") {
      const message = `${quote(format)} cannot split by a transform`;
      const fix = "name a column alone, or store as Iceberg";
      return [
        {
          pointer: pointTo(at, "transform"),
          at: "value",
          rule: "pipeline/partition",
          message,
          expected: "`identity`",
          fix,
        },
      ];
    }
    const wantsWidth = field.transform === "bucket" || field.transform === "truncate";
    if (wantsWidth === (field.width !== undefined)) return [];
    const message = `${quote(field.transform)} ${wantsWidth ? "has no" : "takes no"} \`width\``;
    const expected = wantsWidth
      ? "a number of buckets, or a length"
      : "`width` with `bucket` and `truncate` only";
    const fix = wantsWidth ? "add `width:`" : "drop it";
    return [
      { pointer: pointTo(at, "transform"), at: "value", rule: "pipeline/partition", message, expected, fix },
    ];
  });
}
