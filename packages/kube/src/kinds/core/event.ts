import { canonical } from "../../canonical.ts";
import { internalValue } from "../../go/internal.ts";
import { type FieldError, invalid, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted } from "../checks.ts";
import { qualified } from "../formats.ts";
import type { Fields, KindRules } from "../rules.ts";

/**
 * Events tell of objects in their own namespace; those of objects outside all namespaces lie in `default`. Those of the new API, which
 * have a time, say more, and never change but for their series.
 */
export const event: KindRules = {
  validate: validateEvent,
  validateUpdate: (object, old) =>
    isNew(old)
      ? fixed.flatMap((field) =>
          canonical(object[field]) === canonical(old[field])
            ? []
            : [
                invalid(
                  field,
                  field === "involvedObject"
                    ? internalValue("core.ObjectReference", object[field] ?? {})
                    : (object[field] ?? ""),
                  "field is immutable",
                ),
              ],
        )
      : [],
};

const fixed = [
  "involvedObject",
  "reason",
  "message",
  "type",
  "source",
  "reportingComponent",
  "reportingInstance",
  "action",
];

function isNew(object: KubeObject): boolean {
  return Boolean(object["eventTime"]);
}

function validateEvent(object: KubeObject): readonly FieldError[] {
  return isNew(object) ? [...validatePlace(object), ...validateNew(object)] : validatePlace(object);
}

function validatePlace(object: KubeObject): readonly FieldError[] {
  const { namespace = "" } = (object["involvedObject"] ?? {}) as Fields;
  const own = object.metadata.namespace ?? "";
  const isRight = namespace === "" ? ["", "default", "kube-system"].includes(own) : namespace === own;
  return isRight ? [] : [invalid("involvedObject.namespace", namespace, "does not match event.namespace")];
}

const maxInstanceLength = 128;
const maxActionLength = 128;
const maxReasonLength = 128;
const maxNoteLength = 1024;

function validateNew(object: KubeObject): readonly FieldError[] {
  const {
    reportingComponent: component = "",
    reportingInstance: instance = "",
    action = "",
    reason = "",
  } = object as Fields;
  const { message = "", series, type = "" } = object as Fields;
  const atMost = (field: string, value: string, limit: number) =>
    value.length > limit ? [invalid(field, "", `can have at most ${limit} characters`)] : [];
  return [
    ...(component === "" ? [required("reportingController")] : formatted("reportingController", component, qualified)),
    ...(instance === "" ? [required("reportingInstance")] : []),
    ...atMost("reportingInstance", instance, maxInstanceLength),
    ...(action === "" ? [required("action")] : []),
    ...atMost("action", action, maxActionLength),
    ...(reason === "" ? [required("reason")] : []),
    ...atMost("reason", reason, maxReasonLength),
    ...atMost("message", message, maxNoteLength),
    ...validateSeries(series),
    ...(["Normal", "Warning"].includes(type) ? [] : [invalid("type", "", `has invalid value: ${type}`)]),
  ];
}

function validateSeries(series: Fields | undefined): readonly FieldError[] {
  if (series === undefined) return [];
  return [
    ...((series["count"] ?? 0) < 2 ? [invalid("series.count", "", "should be at least 2")] : []),
    ...(series["lastObservedTime"] ? [] : [required("series.lastObservedTime")]),
  ];
}
