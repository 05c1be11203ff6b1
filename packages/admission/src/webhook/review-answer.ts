import { conformStruct, parseApiVersion, parseBody, StatusError } from "@sallyport/kube";
import type { ReviewResponse } from "../review.ts";
import { CallError } from "./call-error.ts";

type Fields = { readonly [field: string]: unknown };

export type ReviewVersion = "v1" | "v1beta1";

/** The `response` of a review, checked as kube-apiserver checks it. Throws `CallError` for what is none. */
export function readReviewAnswer(
  body: string,
  { version, uid, isMutating }: { readonly version: ReviewVersion; readonly uid: string; readonly isMutating: boolean },
): ReviewResponse {
  const review = decoded(body, version);
  const response = review["response"] as ReviewResponse | undefined;
  if (response === undefined) throw invalid("webhook response was absent");
  // The older version never checked what is its own.
  if (version === "v1beta1") return { ...response, ...(response.patch ? { patchType: "JSONPatch" } : {}) };
  if ((response.uid ?? "") !== uid)
    throw invalid(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? "")}`);
  const kind = kindText(review);
  const wanted = kindText({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" });
  if (kind !== wanted) throw invalid(`expected webhook response of ${wanted}, got ${kind}`);
  checkPatch(response, isMutating);
  return response;
}

function invalid(why: string): CallError {
  return new CallError(`received invalid webhook response: ${why}`);
}

function checkPatch({ patch = "", patchType }: ReviewResponse, isMutating: boolean): void {
  if (!isMutating && patch !== "") throw invalid("validating webhook may not return response.patch");
  if (!isMutating && patchType !== undefined) throw invalid("validating webhook may not return response.patchType");
  if (patch !== "" && patchType === undefined)
    throw invalid("webhook returned response.patch but not response.patchType");
  if (patch === "" && patchType !== undefined)
    throw invalid("webhook returned response.patchType but not response.patch");
  if (patchType === "") throw invalid('webhook returned invalid response.patchType of ""');
}

/** As Go prints a GroupVersionKind. */
function kindText({ apiVersion = "", kind = "" }: Fields): string {
  const { group, version } = parseApiVersion(String(apiVersion));
  return `${group}/${version}, Kind=${kind}`;
}

/** The review's fields in Go's types, with kind and version as they were written. */
function decoded(body: string, version: ReviewVersion): Fields {
  // Go's decoders look at the first byte alone: what is no object is read as YAML.
  const format = /^\s*\{/.test(body) ? "json" : "yaml";
  try {
    const { value } = parseBody(new TextEncoder().encode(body), format);
    const { kind, apiVersion, ...fields } = value;
    const schema = schemaOf({ kind, apiVersion }, version);
    const { object } = conformStruct(fields, schema, "");
    return { ...object, kind, apiVersion };
  } catch (error) {
    if (error instanceof StatusError) throw new CallError(`failed to call webhook: ${error.message}`);
    throw error;
  }
}

/** Where the schemes of webhooks' clients are made: it is part of what they say. */
const scheme = "pkg/runtime/scheme.go:111";

/** Kinds that every scheme has. */
const unversioned: readonly string[] = ["Status", "APIVersions", "APIGroupList", "APIGroup", "APIResourceList"];

/** The type of a review; one that does not say what it is, is what we asked for. Throws for other kinds. */
function schemaOf({ kind, apiVersion }: Fields, asked: ReviewVersion): string {
  const wanted = `admission.k8s.io/${asked}`;
  const [name, version] = [String(kind || "AdmissionReview"), String(apiVersion || wanted)];
  const found = /^admission\.k8s\.io\/(v1|v1beta1)$/.exec(version);
  if (version === "v1" && unversioned.includes(name))
    throw new CallError(
      `failed to call webhook: converting (v1.${name}) to (${asked}.AdmissionReview): unknown conversion`,
    );
  if (name !== "AdmissionReview" || found === null)
    throw new CallError(
      `failed to call webhook: no kind ${JSON.stringify(name)} is registered for version ${JSON.stringify(version)} in scheme ${JSON.stringify(scheme)}`,
    );
  if (found[1] !== asked)
    throw new CallError(
      `failed to call webhook: converting (${found[1]}.AdmissionReview) to (${asked}.AdmissionReview): unknown conversion`,
    );
  return `io.k8s.api.admission.${asked}.AdmissionReview`;
}
