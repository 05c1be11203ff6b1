import { canonical } from "../../canonical.ts";
import { internalValue } from "../../go/internal.ts";
import { duplicate, type FieldError, invalid, required, withoutValue } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { validateCounts } from "../counts.ts";
import { type Fields, specOf } from "../rules.ts";
import { countIndexes, sharedIndex } from "./index-intervals.ts";

/** A job as its status tells of it. */
interface Told {
  readonly spec: Fields;
  readonly status: Fields;
  readonly isComplete: boolean;
  readonly isFailed: boolean;
  readonly isFailing: boolean;
  readonly isMet: boolean;
}

function toldBy(object: KubeObject): Told {
  const status = (object["status"] ?? {}) as Fields;
  const is = (type: string) => hasCondition(status, type, "True");
  return {
    spec: specOf(object),
    status,
    isComplete: is("Complete"),
    isFailed: is("Failed"),
    isFailing: is("FailureTarget"),
    isMet: is("SuccessCriteriaMet"),
  };
}

function hasCondition(status: Fields, type: string, value: string): boolean {
  return ((status["conditions"] ?? []) as Fields[]).some((each) => each["type"] === type && each["status"] === value);
}

/** Whether any of the named fields of the status, or of what conditions tell, is another one than before. */
type IsChanged = (...names: readonly string[]) => boolean;

/** ValidateJobUpdateStatus: rules hold for what changed, so that jobs of old servers can go on. */
export function validateJobStatus(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [now, before] = [toldBy(object), toldBy(old)];
  const isChanged: IsChanged = (...names) =>
    names.some((name) => canonical(shown(now, name)) !== canonical(shown(before, name)));
  return [
    ...validateCounts(object, { counts: ["active", "succeeded", "failed", "ready", "terminating"] }),
    ...validateUncounted(now.status["uncountedTerminatedPods"]),
    ...validateEnd(now, isChanged),
    ...validateFinished(now, isChanged),
    ...validateIndexes(now, isChanged),
    ...validateRest(now, isChanged),
    ...validateChange(now, before, isChanged),
  ];
}

function shown(told: Told, name: string): unknown {
  if (name === "isFinished") return told.isComplete || told.isFailed;
  return (name in told ? told[name as keyof Told] : told.status[name]) ?? null;
}

function validateUncounted(pods: Fields | undefined): readonly FieldError[] {
  const seen = new Set<string>();
  return ["succeeded", "failed"].flatMap((list) =>
    ((pods?.[list] ?? []) as string[]).flatMap((uid, i) => {
      const field = `status.uncountedTerminatedPods.${list}[${i}]`;
      if (uid === "") return [invalid(field, uid, "must not be empty")];
      const isTwice = seen.has(uid);
      seen.add(uid);
      return isTwice ? [duplicate(field, uid)] : [];
    }),
  );
}

const conditions = "status.conditions";

function when(is: boolean, error: () => FieldError): readonly FieldError[] {
  return is ? [error()] : [];
}

function validateEnd({ status, isComplete, isFailed, isFailing, isMet }: Told, isChanged: IsChanged) {
  const { completionTime, startTime } = status;
  const field = "status.completionTime";
  const isTimeChanged = isChanged("isComplete", "completionTime");
  return [
    ...when(isChanged("isComplete", "isFailed") && isComplete && isFailed, () =>
      withoutValue(conditions, "cannot set Complete=True and Failed=true conditions"),
    ),
    ...when(isChanged("isComplete", "isFailing") && isComplete && isFailing, () =>
      withoutValue(conditions, "cannot set Complete=True and FailureTarget=true conditions"),
    ),
    ...when(isTimeChanged && completionTime && !isComplete, () =>
      invalid(field, completionTime, "cannot set completionTime when there is no Complete=True condition"),
    ),
    ...when(isTimeChanged && !completionTime && isComplete, () =>
      required(field, "completionTime is required for Complete jobs"),
    ),
    ...when(isChanged("startTime", "completionTime") && startTime && completionTime && completionTime < startTime, () =>
      invalid(field, completionTime, "must be equal to or after `startTime`"),
    ),
    ...when(isChanged("isFailed", "failedIndexes") && isFailed && !isFailing, () =>
      withoutValue(conditions, "cannot set Failed=True condition without the FailureTarget=true condition"),
    ),
    ...when(isChanged("isComplete", "isMet") && isComplete && !isMet, () =>
      withoutValue(conditions, "cannot set Complete=True condition without the SuccessCriteriaMet=true condition"),
    ),
  ];
}

function validateFinished({ spec, status, isComplete, isFailed }: Told, isChanged: IsChanged) {
  if (!isComplete && !isFailed) return [];
  const { active = 0, startTime, uncountedTerminatedPods: uncounted } = status;
  const isNothing = spec["suspend"] === true && spec["completions"] === 0;
  const left = (uncounted?.failed ?? []).length + (uncounted?.succeeded ?? []).length;
  return [
    ...when(isChanged("isFinished", "active") && active > 0, () =>
      invalid("status.active", active, "active>0 is invalid for finished job"),
    ),
    ...when(isChanged("isFinished", "startTime") && !isNothing && !startTime, () =>
      required("status.startTime", "startTime is required for finished job"),
    ),
    ...when(isChanged("isFinished", "uncountedTerminatedPods") && left > 0, () =>
      invalid(
        "status.uncountedTerminatedPods",
        internalValue("batch.UncountedTerminatedPods", uncounted),
        "must be empty for finished job",
      ),
    ),
  ];
}

function validateIndexes({ spec, status }: Told, isChanged: IsChanged): readonly FieldError[] {
  const { completedIndexes: completed = "", failedIndexes: failed } = status;
  const { completions, backoffLimitPerIndex: limit, completionMode } = spec;
  const [completedField, failedField] = ["status.completedIndexes", "status.failedIndexes"];
  const parsed = (field: string, text: string) => {
    const fault = countIndexes(text, completions);
    const name = field.slice("status.".length);
    return typeof fault === "string" ? [invalid(field, text, `error parsing ${name}: ${fault}`)] : [];
  };
  const [isCompletedNew, isFailedNew] = [isChanged("completedIndexes"), isChanged("failedIndexes")];
  const shared =
    (isCompletedNew || isFailedNew) && completions !== undefined && failed !== undefined
      ? sharedIndex(completed, failed, completions)
      : undefined;
  return [
    ...(isCompletedNew && completions !== undefined ? parsed(completedField, completed) : []),
    ...(isFailedNew && completions !== undefined && limit !== undefined && failed !== undefined
      ? parsed(failedField, failed)
      : []),
    ...when(isCompletedNew && completed !== "" && completionMode !== "Indexed", () =>
      invalid(completedField, completed, "cannot set non-empty completedIndexes when non-indexed completion mode"),
    ),
    ...when(isFailedNew && limit === undefined && failed !== undefined, () =>
      invalid(failedField, failed, "cannot set non-null failedIndexes when backoffLimitPerIndex is null"),
    ),
    ...when(shared !== undefined, () =>
      invalid(failedField, failed, `failedIndexes and completedIndexes overlap at index: ${shared}`),
    ),
  ];
}

function validateRest({ spec, status, isComplete, isFailed, isFailing, isMet }: Told, isChanged: IsChanged) {
  const { terminating = 0, ready, active = 0 } = status;
  return [
    ...when(isChanged("isFinished", "terminating") && terminating > 0 && (isComplete || isFailed), () =>
      invalid("status.terminating", terminating, "terminating>0 is invalid for finished job"),
    ),
    ...when(isChanged("ready", "active") && ready !== undefined && ready > active, () =>
      invalid("status.ready", ready, "cannot set more ready pods than active"),
    ),
    ...when(isMet && isFailed, () =>
      withoutValue(conditions, "cannot set SuccessCriteriaMet=True and Failed=true conditions"),
    ),
    ...when(isMet && isFailing, () =>
      withoutValue(conditions, "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions"),
    ),
    ...when(spec["successPolicy"] !== undefined && !isMet && isComplete, () =>
      withoutValue(conditions, "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True"),
    ),
  ];
}

/** What of a status only goes one way. */
function validateChange(now: Told, before: Told, isChanged: IsChanged): readonly FieldError[] {
  const { spec, status } = now;
  const terminal = { Failed: "isFailed", Complete: "isComplete", FailureTarget: "isFailing" } as const;
  const mayShrink = spec["completionMode"] === "Indexed" && spec["completions"] === spec["parallelism"];
  const isResuming = hasCondition(before.status, "Suspended", "True") && hasCondition(status, "Suspended", "False");
  const less = (name: string) => (status[name] ?? 0) < (before.status[name] ?? 0);
  return [
    ...Object.entries(terminal)
      .filter(([, is]) => before[is] && !now[is])
      .map(([type]) => withoutValue(conditions, `cannot disable the terminal ${type}=True condition`)),
    ...when(less("failed"), () =>
      invalid("status.failed", status["failed"] ?? 0, "cannot decrease the failed counter"),
    ),
    ...when(!mayShrink && less("succeeded"), () =>
      invalid("status.succeeded", status["succeeded"] ?? 0, "cannot decrease the succeeded counter"),
    ),
    ...when(status["completionTime"] && before.status["completionTime"] && isChanged("completionTime"), () =>
      invalid("status.completionTime", status["completionTime"], "field is immutable"),
    ),
    ...when(before.status["startTime"] && isChanged("startTime") && !isResuming && spec["suspend"] !== true, () =>
      invalid("status.startTime", status["startTime"], "field is immutable for unsuspended job once set"),
    ),
    ...when(before.isMet && !now.isMet, () =>
      withoutValue(conditions, "cannot disable the SuccessCriteriaMet=True condition"),
    ),
    ...when(before.isComplete && !before.isMet && now.isMet, () =>
      withoutValue(conditions, "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions"),
    ),
  ];
}
