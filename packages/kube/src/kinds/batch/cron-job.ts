import { declared, type FieldError, invalid, notSupported, required } from "../../names.ts";
import { nonnegatives, workloadTemplateDefaults } from "../apps/workload.ts";
import { type Fields, fill, type KindRules, specOf } from "../rules.ts";
import { workloadWarnings } from "../workload-warnings.ts";
import { validateJobSpec } from "./job-spec.ts";
import { scheduleFault } from "./schedule.ts";

const policies = ["Allow", "Forbid", "Replace"];
/** Names of its jobs have 11 characters more, and must be labels. */
const maxNameLength = 52;

export const cronJob: KindRules = {
  warnings: workloadWarnings({
    template: (object) => specOf(object)["jobTemplate"]?.spec?.template,
    path: "spec.jobTemplate.spec.template",
    namesPods: true,
  }),
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, {
      concurrencyPolicy: "Allow",
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
    const job = (spec["jobTemplate"] ??= {}) as Fields;
    workloadTemplateDefaults((job["spec"] ??= {}));
  },
  validate: (object) => [
    ...validateSpec(specOf(object)),
    ...((object.metadata.name ?? "").length > maxNameLength
      ? [invalid("metadata.name", object.metadata.name, `must be no more than ${maxNameLength} characters`)]
      : []),
  ],
};

function validateSpec(spec: Fields): readonly FieldError[] {
  const { schedule = "", concurrencyPolicy = "", timeZone } = spec;
  return [
    ...(schedule === "" ? declared([required("spec.schedule")]) : validateSchedule(schedule)),
    ...nonnegatives(spec, "spec", ["startingDeadlineSeconds"]),
    ...(timeZone === undefined ? [] : validateTimeZone(timeZone)),
    ...(concurrencyPolicy === ""
      ? [required("spec.concurrencyPolicy")]
      : policies.includes(concurrencyPolicy)
        ? []
        : [notSupported("spec.concurrencyPolicy", concurrencyPolicy, policies)]),
    ...validateTemplate(spec["jobTemplate"] ?? {}),
    ...nonnegatives(spec, "spec", ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"]),
  ];
}

function validateSchedule(schedule: string): readonly FieldError[] {
  const fault = scheduleFault(schedule);
  const why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
  return [
    ...(fault === undefined ? [] : [invalid("spec.schedule", schedule, fault)]),
    ...(schedule.includes("TZ") ? [invalid("spec.schedule", schedule, why)] : []),
  ];
}

function validateTimeZone(zone: string): readonly FieldError[] {
  const refused = (why: string) => [invalid("spec.timeZone", zone, why)];
  if (zone === "") return refused("timeZone must be nil or non-empty string");
  const unknown = refused(`unknown time zone ${zone}`);
  if (zone.split("/").some((part) => /^\.{1,2}$|^-/.test(part) || !/^[A-Za-z.\-_0-9+]{1,14}$/.test(part)))
    return unknown;
  const isLocal = zone.toLowerCase() === "local";
  const why = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
  return [...(isLocal ? refused(why) : []), ...(zone === "Local" || isZone(zone) ? [] : unknown)];
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function validateTemplate(template: Fields): readonly FieldError[] {
  const spec = (template["spec"] ?? {}) as Fields;
  return [
    ...validateJobSpec(spec, "spec.jobTemplate.spec"),
    ...(spec["selector"] === undefined
      ? []
      : [invalid("spec.jobTemplate.spec.selector", spec["selector"], "`selector` will be auto-generated")]),
    ...(spec["manualSelector"] === true
      ? [notSupported("spec.jobTemplate.spec.manualSelector", true, ["nil", "false"])]
      : []),
  ];
}
