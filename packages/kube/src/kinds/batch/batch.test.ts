import { equal } from "node:assert/strict";
import { test } from "node:test";
import { testRefusals } from "../refusals.fixture.ts";
import { scheduleFault } from "./schedule.ts";

const pods = "spec: {restartPolicy: Never, containers: [{name: a, image: x}]}";
const good = `manualSelector: true, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, ${pods}}`;
const cron = (rest: string) => `spec: {jobTemplate: {spec: {template: {${pods}}}}, ${rest}}`;

testRefusals("batch/v1", {
  Job: [
    [
      `spec: {${good}}`,
      `spec: {${good}, completionMode: Indexed, parallelism: 1}`,
      "spec.completions: Required value: when completion mode is Indexed",
    ],
    [
      `spec: {${good}, podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: X}]}]}}`,
      `spec: {${good}, podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: X, status: Y}]}]}}`,
      'spec.podFailurePolicy.rules[0].onPodConditions[0].status: Unsupported value: "Y": supported values: "False", "True", "Unknown"',
    ],
    [
      `spec: {${good}}`,
      `spec: {${good}, backoffLimit: -1}`,
      "spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0",
    ],
    [
      `spec: {${good}}`,
      `spec: {${good.replace("Never", "Always")}}`,
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    [
      `spec: {${good}}`,
      `spec: {${good}, managedBy: x}`,
      'spec.managedBy: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    [
      `spec: {${good}}`,
      `~spec: {${good}, completionMode: Indexed, completions: 1}`,
      'spec.completionMode: Invalid value: "Indexed": field is immutable',
    ],
  ],
  CronJob: [
    [
      cron('schedule: "* * * * *"'),
      cron("concurrencyPolicy: X"),
      "spec.schedule: Required value",
      'spec.concurrencyPolicy: Unsupported value: "X": supported values: "Allow", "Forbid", "Replace"',
    ],
    [
      cron('schedule: "* * * * *"'),
      cron('schedule: "* * * * *", timeZone: Nowhere/X'),
      'spec.timeZone: Invalid value: "Nowhere/X": unknown time zone Nowhere/X',
    ],
    [
      cron('schedule: "* * * * *"'),
      cron('schedule: "TZ=UTC * * * * *"'),
      'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
    ],
  ],
});

const schedules: readonly [schedule: string, fault: string | undefined][] = [
  ["*/5 1-3,7 ? jan sun", undefined],
  ["@hourly", undefined],
  ["@every 1h30m", undefined],
  ["@x", "unrecognized descriptor: @x"],
  ["1 2", "expected exactly 5 fields, found 2: [1 2]"],
  ["60 * * * *", "end of range (60) above maximum (59): 60"],
  ["* * 0 * *", "beginning of range (0) below minimum (1): 0"],
  ["5-2 * * * *", "beginning of range (5) beyond end of range (2): 5-2"],
  ["*/0 * * * *", "step of range should be a positive number: */0"],
  ["a * * * *", 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax'],
];

for (const [schedule, fault] of schedules) test(`schedule ${schedule}`, () => equal(scheduleFault(schedule), fault));
