import { type FieldError, invalid, required } from "../../names.ts";
import { formatted } from "../checks.ts";
import { dns1123Label } from "../formats.ts";
import { validateLabels } from "../label-selector.ts";
import type { Fields, KindRules } from "../rules.ts";

export const runtimeClass: KindRules = {
  validate: (object) => [...validateScheduling((object["scheduling"] ?? {}) as Fields), ...validateHandler(object)],
  validateReplacement: (object, old) => [
    ...validateScheduling((object["scheduling"] ?? {}) as Fields),
    ...(object["handler"] === old["handler"]
      ? validateHandler(object)
      : changedHandler((object["handler"] ?? "") as string, validateHandler(object))),
  ],
};

function validateHandler({ handler }: Fields): readonly FieldError[] {
  return handler ? formatted("handler", handler as string, dns1123Label) : [required("handler")];
}

/** A new handler is refused after what is wrong with it, but before its absence. */
function changedHandler(handler: string, faults: readonly FieldError[]): readonly FieldError[] {
  const change = invalid("handler", null, "field is immutable");
  return handler === "" ? [change, ...faults] : [...faults, change];
}

function validateScheduling({ nodeSelector }: Fields): readonly FieldError[] {
  return validateLabels(nodeSelector, "scheduling.nodeSelector");
}
