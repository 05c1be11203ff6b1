import { canonical } from "../../canonical.ts";
import type { FieldError } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { type Expressions, uncompiled } from "../expressions.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";
import { validateConfiguration, validateSelector } from "./configuration.ts";
import { listOf } from "./lists.ts";
import { extendedResourceName } from "./names.ts";

const max = 32;

export const deviceClass: KindRules = {
  validate: (object, expressions) => validateClass(object, undefined, expressions),
  validateReplacement: validateClass,
};

/** ValidateDeviceClassUpdate: what was stored already is not looked into again. */
function validateClass(
  object: KubeObject,
  old: KubeObject | undefined,
  expressions: Expressions,
): readonly FieldError[] {
  const { selectors, config, extendedResourceName: name } = specOf(object);
  const isStored = (field: string) =>
    old !== undefined && canonical((specOf(old)[field] ?? []) as Fields) === canonical(specOf(object)[field] ?? []);
  const known = isStored("selectors") ? uncompiled : expressions;
  return [
    ...listOf("spec.selectors", selectors, { max }, (each, at) => validateSelector(each, at, known)),
    ...listOf("spec.config", config, { max }, (each, at) => validateConfiguration(each, at, isStored("config"))),
    ...(name === undefined ? [] : extendedResourceName("spec.extendedResourceName", name)),
  ];
}
