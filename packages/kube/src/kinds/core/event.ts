import { canonical } from "../../canonical.ts";
import { internalValue } from "../../go/internal.ts";
import { validateMetadata, validateStandardFinalizers } from "../../metadata.ts";
import { type FieldError, invalid, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted } from "../checks.ts";
import { dns1123Subdomain, qualified } from "../formats.ts";
import type { Fields, KindRules } from "../rules.ts";

/**
 * Events tell of objects in their own namespace; those of objects outside all namespaces lie in `default`. Those with a time say more;
 * those of the new API must have one, and never change but for their series.
 */
export const event: KindRules = {
  metadataLast: true,
  validate: (object, _, asked) =>
    asked === core
      ? validateCommon(object, asked)
      : [
          ...validateCommon(object, asked),
          ...validateMetadata(object, dns1123Subdomain),
          ...validateStandardFinalizers(object),
          ...validateNew(object),
        ],
  validateReplacement: (object, old, _, asked) => [
    ...validateCommon(object, asked),
    ...(asked === core || canonical(object["series"]) === canonical(old["series"])
      ? []
      : validateSeries(object["series"] as Fields | undefined)),
    ...(asked === core ? [] : fixed.flatMap((name) => validateFixed(name, object, old))),
  ],
};

const core = "v1";

const fixed = [
  "involvedObject",
  "reason",
  "message",
  "source",
  "firstTimestamp",
  "lastTimestamp",
  "count",
  "type",
  "eventTime",
  "action",
  "related",
  "reportingComponent",
  "reportingInstance",
];

/** Structs as kube-apiserver shows them. */
const structs = {
  involvedObject: "core.ObjectReference",
  related: "core.ObjectReference",
  source: "core.EventSource",
} as const;

function validateFixed(name: string, object: KubeObject, old: KubeObject): readonly FieldError[] {
  const value = object[name];
  if (canonical(value ?? null) === canonical(old[name] ?? null)) return [];
  const struct = structs[name as keyof typeof structs];
  const none = name === "count" ? 0 : isPointer(name) ? null : "";
  const shown = struct !== undefined && value !== undefined ? internalValue(struct, value) : (value ?? none);
  return [invalid(name === "reportingComponent" ? "reportingController" : name, shown, "field is immutable")];
}

function isPointer(name: string): boolean {
  return name === "related" || name === "eventTime" || name.endsWith("Timestamp");
}

const maxLength = 128;
const maxNoteLength = 1024;

/** legacyValidateEvent. */
function validateCommon(object: KubeObject, asked: string): readonly FieldError[] {
  const { namespace = "" } = (object["involvedObject"] ?? {}) as Fields;
  const own = object.metadata.namespace ?? "";
  const isTimed = Boolean(object["eventTime"]);
  const outside = ["default", isTimed ? "kube-system" : ""];
  const isRight = namespace === "" ? outside.includes(own) : isTimed || namespace === own;
  return [
    ...(isRight ? [] : [invalid("involvedObject.namespace", namespace, "does not match event.namespace")]),
    ...(isTimed ? validateTimed(object, asked) : []),
  ];
}

function validateTimed(object: KubeObject, asked: string): readonly FieldError[] {
  const { reportingComponent = "", reportingInstance = "", action = "", reason = "" } = object as Fields;
  const { message = "" } = object as Fields;
  const given = (field: string, value: string) => [
    ...(value === "" ? [required(field)] : []),
    ...atMost(field, value, maxLength),
  ];
  const component = asked === core ? "reportingComponent" : "reportingController";
  return [
    ...(reportingComponent === "" ? [required(component)] : []),
    ...formatted(component, reportingComponent, qualified),
    ...given("reportingInstance", reportingInstance),
    ...given("action", action),
    ...given("reason", reason),
    ...atMost("message", message, maxNoteLength),
  ];
}

function atMost(field: string, value: string, limit: number): readonly FieldError[] {
  return value.length > limit ? [invalid(field, "", `can have at most ${limit} characters`)] : [];
}

/** What the new API asks of a new event; fields of old are no longer to be given. */
function validateNew(object: KubeObject): readonly FieldError[] {
  const { type = "", source = {} } = object as Fields;
  const given = ["firstTimestamp", "lastTimestamp", "count"].filter((name) => object[name]);
  const unset = Object.keys(source).length === 0 ? given : [...given, "source"];
  return [
    ...validateSeries(object["series"] as Fields | undefined),
    ...(object["eventTime"] ? [] : [required("eventTime")]),
    ...(["Normal", "Warning"].includes(type) ? [] : [invalid("type", "", `has invalid value: ${type}`)]),
    ...unset.map((name) => invalid(name, "", "needs to be unset")),
  ];
}

function validateSeries(series: Fields | undefined): readonly FieldError[] {
  if (series === undefined) return [];
  return [
    ...((series["count"] ?? 0) < 2 ? [invalid("series.count", "", "should be at least 2")] : []),
    ...(series["lastObservedTime"] ? [] : [required("series.lastObservedTime")]),
  ];
}
