import { declared, type FieldError, invalid, notSupported, required } from "../../names.ts";
import { nonnegatives, workloadTemplateDefaults } from "../apps/workload.ts";
import { templateWarnings } from "../core/pod-warnings.ts";
import { type Fields, fill, type KindRules, specOf } from "../rules.ts";
import { validateJobSpec } from "./job-spec.ts";
import { scheduleFault } from "./schedule.ts";

const policies = ["Allow", "Forbid", "Replace"];
/** Names of its jobs have 11 characters more, and must be labels. */
const maxNameLength = 52;

export const cronJob: KindRules = {
  warnings: (object) =>
    templateWarnings(specOf(object)["jobTemplate"]?.spec?.template, "spec.jobTemplate.spec.template"),
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
    ...(schedule === "" ? declared([required("spec.schedule")]) : validateSchedule(schedule, timeZone)),
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

function validateSchedule(schedule: string, timeZone: string | undefined): readonly FieldError[] {
  const fault = scheduleFault(schedule);
  if (fault !== undefined) return [invalid("spec.schedule", schedule, fault)];
  if (!/TZ=/.test(schedule)) return [];
  return [
    invalid(
      "spec.schedule",
      schedule,
      timeZone === undefined
        ? "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        : "cannot use both timeZone field and TZ or CRON_TZ in schedule",
    ),
  ];
}

function validateTimeZone(zone: string): readonly FieldError[] {
  if (zone === "") return [invalid("spec.timeZone", zone, "timeZone must be nil or non-empty string")];
  if (zone.toLowerCase() === "local")
    return [
      invalid(
        "spec.timeZone",
        zone,
        "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
      ),
    ];
  return isZone(zone) ? [] : [invalid("spec.timeZone", zone, `unknown time zone ${zone}`)];
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
    ...(spec["manualSelector"] === undefined
      ? []
      : spec["manualSelector"] === true
        ? [notSupported("spec.jobTemplate.spec.manualSelector", true, ["nil", "false"])]
        : []),
    ...validateJobSpec(spec, "spec.jobTemplate.spec"),
  ];
}
