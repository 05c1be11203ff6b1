import { isDeepStrictEqual } from "node:util";
import type { Answer } from "./api-client.ts";
import type { Difference } from "./run.ts";

interface Known {
  readonly reason: string;
  readonly is: (difference: Difference) => boolean;
}

/** Differences that stay, each with its reason. */
const known: readonly Known[] = [
  {
    reason: "each program tells of its own build",
    is: ({ step, theirs, ours }) =>
      /^\/version\/?$/.test(step.path) &&
      isDeepStrictEqual({ ...theirs, body: withoutBuild(theirs.body) }, { ...ours, body: withoutBuild(ours.body) }),
  },
  {
    reason: "each server has keys of its own",
    is: ({ step, theirs, ours }) =>
      /^\/(\.well-known\/openid-configuration|openid\/v1\/jwks)\/?$/.test(step.path) &&
      theirs.code === 200 &&
      isDeepStrictEqual(withoutKeys(theirs), withoutKeys(ours)),
  },
  {
    reason: "health is checked part by part, and the parts are each program's own",
    is: ({ step, theirs, ours }) =>
      /^\/(healthz|livez|readyz)(\?|$)/.test(step.path) &&
      theirs.code === ours.code &&
      hasTheLinesOf(theirs.body, ours.body),
  },
  {
    reason: "pages about the process, its flags and its profile are Go's",
    is: ({ step, ours }) => /^\/(statusz|flagz|debug\/pprof)/.test(step.path) && ours.code === 404,
  },
  {
    reason: "the list of all paths names those pages and each part's health",
    is: ({ theirs, ours }) =>
      isDeepStrictEqual({ ...theirs, body: sharedPaths(theirs.body) }, { ...ours, body: sharedPaths(ours.body) }),
  },
  {
    reason: "escapes in a URL that are none are refused with a Status, by Go's server before there is an API",
    is: ({ step, theirs, ours }) => /%(?![0-9a-f]{2})/i.test(step.path) && theirs.code === 400 && ours.code === 400,
  },
  {
    reason: "OpenAPI describes resources; documents of discovery, tokens' keys and the version are not written",
    is: ({ step, theirs, ours }) =>
      /^\/openapi\/v3\/?$/.test(step.path) && isDeepStrictEqual({ ...theirs, body: withResources(theirs.body) }, ours),
  },
  {
    reason: "the level `exempt` is back at once when somebody has deleted it, after a minute at kube-apiserver",
    is: ({ step, theirs, ours }) =>
      /\/(flowschemas|prioritylevelconfigurations)\b/.test(step.path) &&
      isDeepStrictEqual(withoutExempt(theirs.body), withoutExempt(ours.body)),
  },
  {
    reason:
      "the API server's own Service has no endpoints here, as nothing forwards to where it listens; controllers keep its address and range",
    is: ({ step, theirs, ours }) =>
      /\/(endpointslices|ipaddresses|servicecidrs)(\?|$)/.test(step.path) &&
      isDeepStrictEqual(
        { ...theirs, body: withoutOwnSlice(theirs.body) },
        { ...ours, body: withoutOwnSlice(ours.body) },
      ),
  },
  {
    reason: "kube-apiserver breaks on the request and hangs up",
    is: ({ theirs, ours }) => theirs.code === 0 && ours.code >= 400 && ours.code <= 500,
  },
  {
    reason: "a list or map that was sent empty is none once it was read",
    is: ({ theirs, ours }) => theirs.code === 422 && withoutEmpty(theirs.body) === withoutEmpty(ours.body),
  },
  {
    reason: "Go walks through a configuration's map in any order, and stops at a field that its schema does not have",
    is: ({ theirs, ours }) => {
      const [some, all] = [theirs, ours].map(typedFaults);
      return some !== undefined && all !== undefined && some.every((each) => all.includes(each));
    },
  },
  {
    reason: "a quantity of null in what is applied is kept as null by Go's Quantity",
    is: ({ step, theirs, ours }) =>
      /\/resourceslices\b/.test(step.path) && isDeepStrictEqual(withoutNull(theirs.body), withoutNull(ours.body)),
  },
];

/** Why a difference stays; undefined for one that is to be mended. */
export function knownReason(difference: Difference): string | undefined {
  return known.find(({ is }) => is(difference))?.reason;
}

const build: ReadonlySet<string> = new Set([
  "gitVersion",
  "gitCommit",
  "gitTreeState",
  "buildDate",
  "goVersion",
  "compiler",
  "platform",
]);

function withoutBuild(body: unknown): unknown {
  const fields = Object.entries((body ?? {}) as object);
  return Object.fromEntries(fields.map(([name, value]) => [name, build.has(name) ? "(own)" : value]));
}

function withoutKeys(answer: Answer): unknown {
  const {
    keys,
    id_token_signing_alg_values_supported: algorithms,
    ...rest
  } = answer.body as { [field: string]: unknown };
  return { ...answer, body: { ...rest, keys: Array.isArray(keys), algorithms: Array.isArray(algorithms) } };
}

/** The same verdict, and no check that the other has not but under a name of its own. */
function hasTheLinesOf(theirs: unknown, ours: unknown): boolean {
  const [all, some] = [theirs, ours].map((each) => String(each).trimEnd().split("\n"));
  const own = /^\[\+\]poststarthook\//;
  return all?.at(-1) === some?.at(-1) && (some ?? []).every((line) => own.test(line) || all?.includes(line));
}

function sharedPaths(body: unknown): unknown {
  const { paths } = (body ?? {}) as { readonly paths?: unknown };
  if (!Array.isArray(paths)) return body;
  return paths.filter((each) => !/^\/((healthz|livez|readyz)\/|flagz|statusz|debug\/|metrics\/)/.test(String(each)));
}

/** The index of OpenAPI with documents of groups' versions alone. */
function withResources(body: unknown): unknown {
  const { paths } = (body ?? {}) as { readonly paths?: object };
  const kept = Object.entries(paths ?? {}).filter(([path]) => /^(api|apis\/[^/]+)\/[^/]+$/.test(path));
  return { paths: Object.fromEntries(kept) };
}

/** All but whether the level is there. */
function withoutExempt(body: unknown): unknown {
  const text = JSON.stringify(body, (_, value: unknown) => {
    const { type, message } = (value ?? {}) as { readonly type?: unknown; readonly message?: unknown };
    if (type !== "Dangling" || !String(message).includes('"exempt"')) return value;
    const shared = String(message).replace(/ (and it exists|but there is no such object)$/, "");
    return { ...(value as object), status: "(own)", reason: "(own)", message: shared };
  });
  return JSON.parse(text.replace(/("exempt",[^\]]*)"(True|False)"\]/g, '$1"(dangling)"]'));
}

function withoutOwnSlice(body: unknown): unknown {
  const { items, ...list } = (body ?? {}) as { readonly items?: readonly { readonly metadata?: { name?: string } }[] };
  return {
    ...list,
    items: items?.filter(({ metadata }) => !["kubernetes", "10.0.0.1"].includes(metadata?.name ?? "")),
  };
}

function withoutEmpty(body: unknown): string {
  return JSON.stringify(body).replace(/: (\{\}|\[\]|null)/g, ": (none)");
}

/** What is wrong with an applied configuration, fault by fault; undefined where nothing is. */
function typedFaults({ body }: Answer): readonly string[] | undefined {
  const { message = "" } = (body ?? {}) as { readonly message?: string };
  const [, told] = /^failed to create typed patch object \([^)]*\): (?:errors:\n)?(.*)$/s.exec(message) ?? [];
  return told?.split("\n").map((each) => each.trim());
}

function withoutNull(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body, (key, value) => (key === "default" && value === null ? undefined : value)));
}
