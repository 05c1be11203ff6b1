import { parse } from "yaml";
import { type ExternalSecret, ExternalSecretError, type SecretData, type TemplateFrom } from "./external-secret.ts";
import { renderTemplate } from "./template.ts";

/** The texts of a ConfigMap or a Secret of the ExternalSecret's namespace; nothing where there is none. */
export type TemplateSource = (
  kind: "ConfigMap" | "Secret",
  name: string,
) => Promise<{ readonly [key: string]: string } | undefined>;

export type TemplateTarget = "Data" | "Labels" | "Annotations";

/** A template that lies elsewhere. */
export interface LoadedTemplate {
  /** Where it is named. */
  readonly place: string;
  readonly target: TemplateTarget;
  /** What it is for; a template without one makes a map of YAML, keys and all. */
  readonly key: string | undefined;
  readonly text: string;
}

/** Reads the templates that `templateFrom` names. Rejects with `ExternalSecretError` for those that are not there, and as the source does. */
export async function loadTemplates(
  { spec }: ExternalSecret,
  source: TemplateSource,
): Promise<readonly LoadedTemplate[]> {
  const loaded: LoadedTemplate[] = [];
  for (const [i, from] of (spec.target?.template?.templateFrom ?? []).entries())
    loaded.push(...(await loadOne(`spec.target.template.templateFrom[${i}]`, from, source)));
  return loaded;
}

async function loadOne(place: string, from: TemplateFrom, source: TemplateSource): Promise<readonly LoadedTemplate[]> {
  const target = from.target || "Data";
  if (target !== "Data" && target !== "Labels" && target !== "Annotations")
    throw new ExternalSecretError(`${place}.target ${target}: expected Data, Labels or Annotations`);
  if (from.literal !== undefined) return [{ place, target, key: undefined, text: from.literal }];
  const [kind, ref] =
    from.configMap === undefined ? (["Secret", from.secret] as const) : (["ConfigMap", from.configMap] as const);
  if (ref === undefined) throw new ExternalSecretError(`${place}: expected one of literal, configMap and secret`);
  const texts = await source(kind, ref.name);
  if (texts === undefined) throw new ExternalSecretError(`${place}: there is no ${kind} ${ref.name}`);
  return ref.items.map(({ key, templateAs = "Values" }) => {
    const text = texts[key];
    if (text === undefined) throw new ExternalSecretError(`${place}: ${kind} ${ref.name} has no key ${key}`);
    return { place, target, key: templateAs === "Values" ? key : undefined, text };
  });
}

/** What the templates of one target come to, in their order. Throws `ExternalSecretError` by where each is named. */
export function renderLoaded(
  loaded: readonly LoadedTemplate[],
  target: TemplateTarget,
  provided: SecretData,
): ReadonlyMap<string, string> {
  const made = new Map<string, string>();
  for (const each of loaded.filter((one) => one.target === target)) {
    const text = renderAt(each.place, each.text, provided);
    if (each.key !== undefined) made.set(each.key, text);
    else for (const [key, value] of pairsOf(each.place, text)) made.set(key, value);
  }
  return made;
}

/** The same, told by where the template is. */
export function renderAt(place: string, template: string, provided: SecretData): string {
  try {
    return renderTemplate(template, provided);
  } catch (error) {
    if (error instanceof ExternalSecretError) throw new ExternalSecretError(`${place}: ${error.message}`);
    throw error;
  }
}

/** Its parser's own words would quote values. */
function pairsOf(place: string, text: string): readonly (readonly [string, string])[] {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 100 });
  } catch {
    throw new ExternalSecretError(`${place}: the template makes no YAML`);
  }
  const pairs =
    typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined;
  if (pairs === undefined || pairs.some(([, each]) => typeof each === "object" && each !== null))
    throw new ExternalSecretError(`${place}: expected a template of a map of texts`);
  return pairs.map(([key, each]) => [key, each === null ? "" : String(each)] as const);
}
