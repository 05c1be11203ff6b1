import { globSync } from "node:fs";
import { createEffects } from "@sallyport/effects";
import { findKind } from "@sallyport/kube";
import type { ModuleSource } from "@sallyport/rego";
import { type LibraryTemplate, readLibrary } from "../rego/gatekeeper.ts";
import { compileCase } from "../rego/sallyport.ts";

/** All templates that the library's data hold as one set of policies, with the reviews of all their samples. */
export interface Library {
  readonly templates: number;
  /** Templates of the data without Rego or without samples. */
  readonly omitted: number;
  readonly modules: readonly ModuleSource[];
  /** AdmissionReviews, as an API server sends them. */
  readonly reviews: readonly string[];
}

/** Each template in force with the constraint of its first sample; `data.system.main` answers a review. */
export function loadLibrary(folder: string): Library {
  const templates = readLibrary(folder);
  const omitted = globSync(`${folder}/library/*/*/template.yaml`).length - templates.length;
  // Several templates bring the same library.
  const sources = new Set(templates.flatMap((each) => each.texts.map((text) => text.trim())));
  const modules = [...sources].map((text, i) => ({ file: `${i}.rego`, text }));
  // A few reviews among the samples are of nothing but a user: no API server sends such.
  const reviews = templates
    .flatMap(({ samples }) => samples.flatMap((sample) => sample.reviews))
    .filter((review) => "kind" in review);
  const all = [...modules, { file: "main.rego", text: [main, ...templates.map(ruleOf)].join("\n") }];
  const texts = reviews.map((review, i) => JSON.stringify(asReview(review as Fields, i)));
  return { templates: templates.length, omitted, modules: all, reviews: answered(all, texts) };
}

/** A sample of one constraint can be what another template fails at under its own: no server answers that with a decision. */
function answered(modules: readonly ModuleSource[], reviews: readonly string[]): readonly string[] {
  const policy = compileCase({ name: "library", regoVersion: "v0", modules, query, inputs: reviews, data: {} });
  const effects = createEffects();
  return reviews.filter((inputJson) => {
    try {
      return policy.evaluate(query, { inputJson, data: {}, effects }) !== undefined;
    } catch {
      return false;
    }
  });
}

/** What answers a review. */
export const query = "data.system.main";

const main = `package system

main = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}

response = {"uid": input.request.uid, "allowed": true} {
	count(deny) == 0
}

response = {"uid": input.request.uid, "allowed": false, "status": {"message": concat("; ", deny)}} {
	count(deny) > 0
}
`;

/** As Gatekeeper asks: the kind first, then the template with the constraint's parameters. */
function ruleOf({ path, samples: [sample] }: LibraryTemplate): string {
  const kinds = sample?.kinds ?? [];
  const kind = 'trim_left(concat("/", [input.request.kind.group, input.request.kind.kind]), "/")';
  return [
    "deny[msg] {",
    ...(kinds.length === 0 ? [] : [`\t{${kinds.map((each) => JSON.stringify(each)).join(", ")}}[${kind}]`]),
    `\tparameters := ${JSON.stringify(sample?.parameters ?? {})}`,
    `\tmsg := ${path}.violation[_].msg with input as {"review": input.request, "parameters": parameters}`,
    "}",
    "",
  ].join("\n");
}

type Fields = { readonly [field: string]: unknown };

function asReview({ kind, object, ...rest }: Fields, index: number): object {
  const { group = "", version = "v1", kind: name = "" } = kind as { readonly [field: string]: string };
  const resource = findKind(group, version, name)?.resource ?? `${name.toLowerCase()}s`;
  const own = {
    uid: `00000000-0000-0000-0000-${String(index).padStart(12, "0")}`,
    operation: "CREATE",
    userInfo: { username: "admin", groups: ["system:masters"] },
    dryRun: false,
  };
  return {
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: { ...own, ...rest, kind, resource: { group, version, resource }, object: object ?? null },
  };
}
