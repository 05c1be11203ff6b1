import { RE2JS } from "re2js";
import { parse } from "yaml";
import { type Selection, selectionFields } from "./selection.ts";
import { SopsError } from "./sops-error.ts";

/** How a new file is sealed. */
export interface CreationRule {
  /** `age1…` */
  readonly recipients: readonly string[];
  readonly selection?: Selection;
  readonly macOnlyEncrypted: boolean;
}

type Fields = { readonly [field: string]: unknown };

/** Keys that only sops itself seals for: leaving one out would lock its owner out. */
const otherKeys = ["kms", "pgp", "gcp_kms", "hckms", "azure_keyvault", "hc_vault_transit_uri", "azure_kv", "hc_vault"];

/**
 * The first rule of a `.sops.yaml` whose `path_regex` (RE2) is found in a path, relative to the folder of that file; one without a
 * pattern is for all. Answers undefined where there is none. Throws `SopsError`. https://github.com/getsops/sops#using-sopsyaml-conf
 */
export function creationRuleFor(config: string, path: string): CreationRule | undefined {
  const rules = rulesOf(config);
  const at = rules.findIndex(({ path_regex: pattern }, i) => pattern === undefined || isMatch(pattern, path, i));
  const rule = rules[at];
  return rule === undefined ? undefined : creationRule(rule, `creation_rules[${at}]`);
}

function rulesOf(config: string): readonly Fields[] {
  let value: unknown;
  try {
    value = parse(config, { logLevel: "error" });
  } catch (error) {
    throw new SopsError((error as Error).message.split("\n")[0]?.replace(/:$/, "") ?? "no valid YAML");
  }
  const rules = isFields(value) ? value["creation_rules"] : undefined;
  if (!Array.isArray(rules) || !rules.every(isFields)) throw new SopsError("creation_rules: expected a list of maps");
  return rules;
}

function isMatch(pattern: unknown, path: string, at: number): boolean {
  const place = `creation_rules[${at}].path_regex`;
  if (typeof pattern !== "string") throw new SopsError(`${place}: expected a text`);
  try {
    return pattern === "" || RE2JS.compile(pattern).matcher(path).find();
  } catch (error) {
    throw new SopsError(`${place}: ${(error as Error).message}`);
  }
}

function creationRule(rule: Fields, place: string): CreationRule {
  const groups = groupsOf(rule, place);
  if (groups.length > 1)
    throw new SopsError(`${place}.key_groups: a data key in parts of several groups, which only sops itself makes`);
  const [group = {}] = groups;
  const other = otherKeys.find((field) => isGiven(group[field]));
  if (other !== undefined)
    throw new SopsError(`${place}.${other}: only sops itself seals for it; Sallyport does for age`);
  const selection = Object.fromEntries(
    selectionFields.flatMap((field) => (isGiven(rule[field]) ? [[field, String(rule[field])]] : [])),
  );
  return {
    recipients: recipientsOf(group["age"], `${place}.age`),
    ...(Object.keys(selection).length === 0 ? {} : { selection }),
    macOnlyEncrypted: rule["mac_only_encrypted"] === true,
  };
}

function groupsOf(rule: Fields, place: string): readonly Fields[] {
  const groups = rule["key_groups"];
  if (groups === undefined) return [rule];
  if (!Array.isArray(groups) || !groups.every(isFields))
    throw new SopsError(`${place}.key_groups: expected a list of maps`);
  return groups;
}

function recipientsOf(value: unknown, place: string): readonly string[] {
  if (value === undefined) return [];
  const texts = Array.isArray(value) ? value : [value];
  if (!texts.every((each) => typeof each === "string")) throw new SopsError(`${place}: expected recipients, age1…`);
  return texts
    .flatMap((each: string) => each.split(","))
    .map((each) => each.trim())
    .filter(Boolean);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
