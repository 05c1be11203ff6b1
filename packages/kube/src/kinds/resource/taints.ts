import { declared, duplicate, type FieldError, invalid, notSupported, required, tooMany } from "../../names.ts";
import { formatted } from "../checks.ts";
import { labelValue, qualified } from "../formats.ts";
import type { Fields } from "../rules.ts";

const effects: readonly string[] = ["NoExecute", "NoSchedule", "None"];
const operators: readonly string[] = ["Equal", "Exists"];
const maxBindingConditions = 4;

/** SetDefaults_DeviceTaint: when the taint came. */
export function taintDefaults(taint: Fields | undefined, now: string | undefined): void {
  if (taint !== undefined && now !== undefined) taint["timeAdded"] ??= now;
}

/** validateDeviceTaint; an effect that was there before may stay. */
export function validateTaint(
  { key = "", value = "", effect = "" }: Fields,
  path: string,
  old?: Fields,
): readonly FieldError[] {
  const isKept = old !== undefined && (old["effect"] ?? "") === effect;
  return [
    ...formatted(`${path}.key`, key, qualified),
    ...(value === "" ? [] : formatted(`${path}.value`, value, labelValue)),
    ...(isKept ? [] : declared(wordOf(`${path}.effect`, effect, effects))),
  ];
}

/** validateDeviceToleration. */
export function validateToleration(toleration: Fields, path: string): readonly FieldError[] {
  const { key = "", operator = "", value = "", effect = "" } = toleration;
  return [
    ...(key === "" ? [] : declared(formatted(`${path}.key`, key, qualified))),
    ...(operator === "Exists" && value !== ""
      ? [invalid(`${path}.value`, value, "must be empty for operator `Exists`")]
      : []),
    ...(operator === "Equal" ? formatted(`${path}.value`, value, labelValue) : []),
    ...declared([
      ...wordOf(`${path}.operator`, operator, operators),
      ...(effect === "" ? [] : wordOf(`${path}.effect`, effect, effects)),
    ]),
  ];
}

function wordOf(field: string, value: string, words: readonly string[]): readonly FieldError[] {
  if (value === "") return [required(field)];
  return words.includes(value) ? [] : [notSupported(field, value, words)];
}

/** validateDeviceBindingParameters: conditions that a device waits for, and those that say it waits in vain. */
export function validateBindingConditions(of: Fields, path: string): readonly FieldError[] {
  const [waits, fails] = ["bindingConditions", "bindingFailureConditions"] as const;
  const [wanted, failing] = [(of[waits] ?? []) as string[], (of[fails] ?? []) as string[]];
  const one = (name: string, list: readonly string[]) =>
    list.length > maxBindingConditions
      ? declared([tooMany(`${path}.${name}`, list.length, maxBindingConditions)])
      : list.flatMap((each, i) => formatted(`${path}.${name}[${i}]`, each, qualified));
  const twice = (name: string, list: readonly string[], i: number) =>
    list.indexOf(list[i] as string) < i ? [duplicate(`${path}.${name}[${i}]`, list[i])] : [];
  const overlap = "bindingFailureConditions must not overlap with bindingConditions";
  return [
    ...one(waits, wanted),
    ...one(fails, failing),
    ...wanted.flatMap((_, i) => twice(waits, wanted, i)),
    ...failing.flatMap((each, i) => [
      ...twice(fails, failing, i),
      ...(wanted.includes(each) ? [invalid(`${path}.${fails}[${i}]`, each, overlap)] : []),
    ]),
    ...(wanted.length === 0 && failing.length > 0
      ? [invalid(`${path}.${waits}`, of[waits], `${waits} are required to use ${fails}`)]
      : []),
    ...(failing.length === 0 && wanted.length > 0
      ? [invalid(`${path}.${fails}`, of[fails], `${fails} are required to use ${waits}`)]
      : []),
  ];
}
