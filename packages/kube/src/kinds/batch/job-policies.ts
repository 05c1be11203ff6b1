import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
  withoutValue,
} from "../../names.ts";
import { formatted, itemsOf, nonnegative } from "../checks.ts";
import { qualified } from "../formats.ts";
import type { Fields } from "../rules.ts";
import { countIndexes } from "./index-intervals.ts";

const maxRules = 20;
const maxConditions = 20;
const maxExitCodes = 255;
/** Bytes. */
const maxIndexesLength = 64 * 1024;

const actions = ["Count", "FailIndex", "FailJob", "Ignore"];
const operators = ["In", "NotIn"];
const statuses = ["False", "True", "Unknown"];

/** Words in Go's print of a list of texts. */
function validValues(words: readonly string[]): string {
  return `valid values: [${words.map((word) => JSON.stringify(word)).join(" ")}]`;
}

/** validatePodFailurePolicy: what a job does about pods that fail in a certain way. */
export function validatePodFailurePolicy(spec: Fields, path: string): readonly FieldError[] {
  const { rules } = spec["podFailurePolicy"] as Fields;
  const template = (spec["template"]?.spec ?? {}) as Fields;
  const names = ["containers", "initContainers"].flatMap((list) =>
    ((template[list] ?? []) as Fields[]).map(({ name }) => String(name)),
  );
  const count = (rules ?? []).length as number;
  return [
    ...(count > maxRules ? [tooMany(`${path}.rules`, count, maxRules)] : []),
    ...itemsOf(rules, `${path}.rules`).flatMap(([rule, place]) => [
      ...validateAction(rule["action"] ?? "", spec, `${place}.action`),
      ...(rule["onExitCodes"] === undefined
        ? []
        : validateExitCodes(rule["onExitCodes"], names, `${place}.onExitCodes`)),
      ...validateConditions(rule["onPodConditions"], `${place}.onPodConditions`),
      ...validateKinds(rule, place),
    ]),
  ];
}

function validateAction(action: string, spec: Fields, path: string): readonly FieldError[] {
  if (action === "") return [required(path, validValues(actions))];
  if (!actions.includes(action)) return [notSupported(path, action, actions)];
  return action === "FailIndex" && spec["backoffLimitPerIndex"] === undefined
    ? [invalid(path, action, "requires the backoffLimitPerIndex to be set")]
    : [];
}

function validateKinds({ onExitCodes, onPodConditions }: Fields, path: string): readonly FieldError[] {
  const hasConditions = (onPodConditions ?? []).length > 0;
  if (onExitCodes !== undefined && hasConditions)
    return [withoutValue(path, "specifying both OnExitCodes and OnPodConditions is not supported")];
  return onExitCodes === undefined && !hasConditions
    ? [withoutValue(path, "specifying one of OnExitCodes and OnPodConditions is required")]
    : [];
}

function validateExitCodes(requirement: Fields, names: readonly string[], path: string): readonly FieldError[] {
  const { operator = "", containerName } = requirement;
  const values = (requirement["values"] ?? []) as number[];
  return [
    ...(operator === ""
      ? [required(`${path}.operator`, validValues(operators))]
      : operators.includes(operator)
        ? []
        : [notSupported(`${path}.operator`, operator, operators)]),
    ...(containerName === undefined || names.includes(containerName)
      ? []
      : [
          invalid(
            `${path}.containerName`,
            containerName,
            "must be one of the container or initContainer names in the pod template",
          ),
        ]),
    ...(values.length === 0
      ? [invalid(`${path}.values`, requirement["values"] ?? null, "at least one value is required")]
      : []),
    ...(values.length > maxExitCodes ? [tooMany(`${path}.values`, values.length, maxExitCodes)] : []),
    ...values.flatMap((value, i) => [
      ...(operator === "In" && value === 0
        ? [invalid(`${path}.values[${i}]`, value, "must not be 0 for the In operator")]
        : []),
      ...(values.indexOf(value) < i ? [duplicate(`${path}.values[${i}]`, value)] : []),
    ]),
    ...(values.some((value, i) => i > 0 && (values[i - 1] as number) > value)
      ? [invalid(`${path}.values`, values, "must be ordered")]
      : []),
  ];
}

function validateConditions(conditions: unknown, path: string): readonly FieldError[] {
  const items = itemsOf(conditions, path);
  return [
    ...(items.length > maxConditions ? [tooMany(path, items.length, maxConditions)] : []),
    ...items.flatMap(([{ type = "", status = "" }, place]) => [
      ...formatted(`${place}.type`, type, qualified),
      ...(status === ""
        ? [required(`${place}.status`, validValues(statuses))]
        : statuses.includes(status)
          ? []
          : [notSupported(`${place}.status`, status, statuses)]),
    ]),
  ];
}

/** validateSuccessPolicy: when a job of indexes has done enough. */
export function validateSuccessPolicy(spec: Fields, path: string): readonly FieldError[] {
  const rules = itemsOf(spec["successPolicy"]?.rules, `${path}.rules`);
  const why = "at least one rules must be specified when the successPolicy is specified";
  return [
    ...(rules.length === 0 ? [required(`${path}.rules`, why)] : []),
    ...(rules.length > maxRules ? [tooMany(`${path}.rules`, rules.length, maxRules)] : []),
    ...rules.flatMap(([rule, place]) => validateSuccessRule(rule, spec["completions"] ?? 0, place)),
  ];
}

function validateSuccessRule(rule: Fields, completions: number, path: string): readonly FieldError[] {
  const { succeededCount: count, succeededIndexes: indexes } = rule;
  const total = countIndexes(indexes ?? "", completions);
  const [countField, indexesField] = [`${path}.succeededCount`, `${path}.succeededIndexes`];
  const errors: FieldError[] = [];
  if (count === undefined && indexes === undefined)
    errors.push(required(path, "at least one of succeededCount or succeededIndexes must be specified"));
  if ((indexes ?? "").length > maxIndexesLength) errors.push(tooLong(indexesField, maxIndexesLength));
  if (typeof total === "string")
    errors.push(invalid(indexesField, indexes, `error parsing succeededIndexes: ${total}`));
  if (count === undefined) return errors;
  errors.push(...nonnegative(countField, count));
  const atMost = (limit: number, what: string) =>
    invalid(countField, count, `must be less than or equal to ${limit} (${what})`);
  if (count > completions) errors.push(atMost(completions, "the number of specified completions"));
  const known = typeof total === "string" ? 0 : total;
  if (indexes !== undefined && count > known)
    errors.push(atMost(known, "the number of indexes in the specified succeededIndexes field"));
  return errors;
}
