import { canonical } from "../../canonical.ts";
import { duplicate, type FieldError, invalid, required } from "../../names.ts";
import { formatted, itemsOf } from "../checks.ts";
import { validateOverhead } from "../core/pod-spec/resources.ts";
import { validateTolerations } from "../core/pod-spec/scheduling.ts";
import { oldNodeLabels } from "../core/pod-warnings.ts";
import { dns1123Label } from "../formats.ts";
import { validateLabels } from "../label-selector.ts";
import type { Fields, KindRules } from "../rules.ts";

export const runtimeClass: KindRules = {
  validate: (object) => [...validateClass(object), ...validateHandler(object)],
  validateReplacement: (object, old) => {
    const { handler } = object as Fields;
    const isNew = handler !== old["handler"];
    const change = invalid("handler", null, "field is immutable");
    return [
      ...(isNew && handler ? validateHandler(object) : []),
      ...validateClass(object),
      ...(isNew ? [change, ...(handler ? [] : [required("handler")])] : []),
    ];
  },
  warnings: (object) =>
    Object.keys((object["scheduling"] as Fields | undefined)?.["nodeSelector"] ?? {}).flatMap((key) => {
      const advice = oldNodeLabels[key];
      return advice === undefined ? [] : [`scheduling.nodeSelector: ${advice}`];
    }),
};

function validateHandler({ handler }: Fields): readonly FieldError[] {
  return handler ? formatted("handler", handler as string, dns1123Label) : [required("handler")];
}

function validateClass({ overhead, scheduling = {} }: Fields): readonly FieldError[] {
  const { nodeSelector, tolerations } = scheduling as Fields;
  const path = "scheduling.tolerations";
  const same = itemsOf(tolerations, path).map(([each]) => canonical({ ...each, tolerationSeconds: undefined }));
  return [
    ...(overhead === undefined ? [] : validateOverhead(overhead.podFixed, "overhead")),
    ...validateLabels(nodeSelector, "scheduling.nodeSelector"),
    ...validateTolerations(tolerations, path),
    ...itemsOf(tolerations, path).flatMap(([each, field], i) =>
      same.indexOf(same[i] as string) < i ? [duplicate(field, shown(each))] : [],
    ),
  ];
}

/** As Go prints its internal type. */
function shown({ key = "", operator = "", value = "", effect = "", tolerationSeconds = null }: Fields): object {
  return { Key: key, Operator: operator, Value: value, Effect: effect, TolerationSeconds: tolerationSeconds };
}
