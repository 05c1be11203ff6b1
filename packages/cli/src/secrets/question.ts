import { builtinResources, compareVersions, type ResourceInfo } from "@sallyport/kube";
import type { Question } from "@sallyport/secrets";
import { UsageError } from "../errors.ts";

/** Verbs that RBAC knows of resources. */
const verbs = new Set(
  "get list watch create update patch delete deletecollection impersonate bind escalate approve sign use attest *".split(
    " ",
  ),
);

/** What words of a command line ask, and what of them are files. */
export interface Asked {
  readonly question: Question;
  readonly files: readonly string[];
}

/**
 * `[VERB] [RESOURCE[.GROUP][/NAME]] [FILES...]`: a verb is one of RBAC's; a resource stands behind a verb, or is `secret`, `secrets` or
 * `secret/NAME`. Without them it is about reading any secret. Throws `UsageError`.
 */
export function askedOf(
  words: readonly string[],
  { namespace, subresource }: { readonly namespace: string; readonly subresource?: string },
): Asked {
  const [first = ""] = words;
  const hasVerb = verbs.has(first);
  const rest = hasVerb ? words.slice(1) : words;
  const [second = ""] = rest;
  const hasResource = hasVerb ? second !== "" && !isFile(second) : /^secrets?(\/|$)/.test(second);
  if (!hasResource && hasVerb && !readingVerbs.has(first))
    throw new UsageError(`${first}: of what? as in: ${first} pods`);
  const { info, group, resource, name } = resourceOf(hasResource ? second : "secrets");
  const path = subresource === undefined ? resource : `${resource}/${subresource}`;
  const question: Question = {
    verb: hasVerb ? first : "get",
    group,
    resource: path,
    namespace: info?.namespaced === false ? "" : namespace,
    ...(name === undefined ? {} : { name }),
  };
  return { question, files: hasResource ? rest.slice(1) : rest };
}

const readingVerbs = new Set(["get", "list", "watch"]);

/** A resource has neither a dot in front nor an ending of files. */
function isFile(word: string): boolean {
  return word === "-" || /^[./~]/.test(word) || /\.(ya?ml|json)$/.test(word);
}

interface NamedResource {
  /** Its kind; absent for what is not built in: its group was named, and it counts as namespaced. */
  readonly info: ResourceInfo | undefined;
  readonly group: string;
  readonly resource: string;
  readonly name?: string;
}

function resourceOf(word: string): NamedResource {
  const whole = builtinResources.find(({ resource }) => resource.includes("/") && resource === word);
  if (whole !== undefined) return { info: whole, group: whole.group, resource: whole.resource };
  const slash = word.indexOf("/");
  const type = slash === -1 ? word : word.slice(0, slash);
  const name = slash === -1 ? undefined : word.slice(slash + 1);
  if (name === "") throw new UsageError(`${word}: expected a name behind the slash`);
  const named = name === undefined ? {} : { name };
  const dot = type.indexOf(".");
  const [short, group] = dot === -1 ? [type, undefined] : [type.slice(0, dot), type.slice(dot + 1)];
  const info = newest(short, group);
  if (info !== undefined) return { info, group: info.group, resource: info.resource, ...named };
  if (group === undefined)
    throw new UsageError(`${type}: no such resource; of one that is not built in, name the group: ${type}.example.com`);
  return { info, group, resource: short, ...named };
}

/** By plural, singular or short name, as kubectl takes them. */
function newest(word: string, group: string | undefined): ResourceInfo | undefined {
  return builtinResources
    .filter((each) => group === undefined || each.group === group)
    .filter(
      ({ resource, kind, shortNames = [] }) =>
        resource === word || (!resource.includes("/") && kind.toLowerCase() === word) || shortNames.includes(word),
    )
    .sort((a, b) => Number(a.group !== "") - Number(b.group !== "") || compareVersions(b.version, a.version))[0];
}
